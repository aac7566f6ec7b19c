"""Fixtures of the costs tests."""

import pytest
from boto3.dynamodb.types import TypeSerializer
from django.db import connection

from tests.factories.accounts import account
from tests.factories.http_servers import serving

NUMBERS = {
    "run_id",
    "run_attempt",
    "repository_id",
    "run_number",
    "billable_minutes",
    "self_hosted_minutes",
    "unknown_sku_minutes",
    "cost_usd",
    "billed_usd",
}
STACK = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>ghadmin</StackName><Outputs><member>
<OutputKey>RunsTable</OutputKey><OutputValue>the-runs</OutputValue>
</member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""


@pytest.fixture(autouse=True)
def _only_on_its_database(request):
    """Skip what was written for PostgreSQL's locks when run by hand on SQLite."""
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")


class RunsTable:
    """What of AWS an import needs, over HTTP: the stack's outputs and consistent reads."""

    def __init__(self):
        self.items = {}
        self.refusal = None
        self.reads = []

    def put(self, item):
        self.items[f"{item['run_id']}", f"{item['run_attempt']}"] = {
            name: {"N": f"{value}"} if name in NUMBERS else TypeSerializer().serialize(value)
            for name, value in item.items()
        }

    def get(self, request):
        self.reads.append(request)
        key = request["Key"]
        item = self.items.get((key["run_id"]["N"], key["run_attempt"]["N"]))
        return {"Item": item} if item else {}


@pytest.fixture
def runs_table(settings):
    table = RunsTable()

    def answer(request):
        target = request.headers.get("X-Amz-Target")
        if target is None:
            return 200, {}, STACK
        if table.refusal:
            status, text = table.refusal
            return status, {}, text
        assert target == "DynamoDB_20120810.GetItem"
        return 200, {}, table.get(request.data)

    with serving(answer) as settings.AWS_ENDPOINT_URL:
        yield table


@pytest.fixture
def ada(client):
    """Somebody who is signed in; `client` is hers."""
    user = account("ada")
    client.force_login(user)
    return user
