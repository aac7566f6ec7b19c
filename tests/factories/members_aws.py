"""What of AWS members need, over real HTTP."""

import json
from contextlib import contextmanager

from boto3.dynamodb.types import TypeSerializer

from tests.factories import http_servers

STACK = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>ghadmin</StackName><Outputs><member>
<OutputKey>MembersTable</OutputKey><OutputValue>the-members</OutputValue>
</member><member><OutputKey>OnboardMemberStateMachineArn</OutputKey>
<OutputValue>arn:aws:states:us-east-1:1:stateMachine:ghadmin-onboard-member</OutputValue>
</member><member><OutputKey>UpdateMemberStateMachineArn</OutputKey>
<OutputValue>arn:aws:states:us-east-1:1:stateMachine:ghadmin-update-member</OutputValue>
</member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""


class MembersTable:
    """The stack's outputs, consistent reads of MembersTable, and starts of executions."""

    def __init__(self):
        self.items = {}
        self.refusal = None
        self.reads = []
        self.started = {}

    def start(self, request):
        """Start an execution, once under a name."""
        machine = request["stateMachineArn"].rpartition(":ghadmin-")[2]
        if request["name"] in self.started:
            return 400, '{"__type": "ExecutionAlreadyExists", "message": "taken"}'
        self.started[request["name"]] = machine, json.loads(request["input"])
        arn = f"arn:aws:states:us-east-1:1:execution:ghadmin-{machine}:{request['name']}"
        return 200, json.dumps({"executionArn": arn, "startDate": 1_795_000_000})

    def put(self, item):
        self.items[f"{item['organization_id']}", item["member"]] = {
            name: TypeSerializer().serialize(value) for name, value in item.items()
        }

    def get(self, request):
        self.reads.append(request)
        key = request["Key"]
        item = self.items.get((key["organization_id"]["N"], key["member"]["S"]))
        return {"Item": item} if item else {}


@contextmanager
def serving():
    """Serve until the block ends; yields the table and its address."""
    table = MembersTable()

    def answer(request):
        target = request.headers.get("X-Amz-Target")
        if target is None:
            return 200, {}, STACK
        if table.refusal:
            status, text = table.refusal
            return status, {}, text
        if target == "AWSStepFunctions.StartExecution":
            status, text = table.start(request.data)
            return status, {}, text
        assert target == "DynamoDB_20120810.GetItem"
        return 200, {}, table.get(request.data)

    with http_servers.serving(answer) as url:
        yield table, url
