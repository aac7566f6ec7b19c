"""What of AWS members need, over real HTTP."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from boto3.dynamodb.types import TypeSerializer

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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "X-Amz-Target" not in self.headers:
                self.answer(200, STACK)
            elif table.refusal:
                self.answer(*table.refusal)
            elif self.headers["X-Amz-Target"] == "AWSStepFunctions.StartExecution":
                self.answer(*table.start(json.loads(body)))
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
        yield table, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
