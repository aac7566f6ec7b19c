"""Fixtures of the costs tests."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from boto3.dynamodb.types import TypeSerializer
from django.db import connection

from tests.factories.accounts import account

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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "X-Amz-Target" not in self.headers:
                self.answer(200, STACK)
            elif table.refusal:
                self.answer(*table.refusal)
            else:
                assert self.headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"
                self.answer(200, json.dumps(table.get(json.loads(body))))

        def answer(self, status, text):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
        yield table
        server.shutdown()


@pytest.fixture
def ada(client):
    """Somebody who is signed in; `client` is hers."""
    user = account("ada")
    client.force_login(user)
    return user
