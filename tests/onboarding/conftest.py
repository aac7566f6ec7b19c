"""Fixtures of the onboarding tests."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from boto3.dynamodb.types import TypeSerializer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.aws import stack as deployed
from onboarding import github_teams as teams
from tests.factories import dynamodb
from tests.factories import people_github as people_github_server

STACK = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>ghadmin</StackName><Outputs><member>
<OutputKey>MembersTable</OutputKey><OutputValue>the-members</OutputValue>
</member><member><OutputKey>OnboardMemberStateMachineArn</OutputKey>
<OutputValue>arn:aws:states:us-east-1:1:stateMachine:ghadmin-onboard-member</OutputValue>
</member><member><OutputKey>UpdateMemberStateMachineArn</OutputKey>
<OutputValue>arn:aws:states:us-east-1:1:stateMachine:ghadmin-update-member</OutputValue>
</member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""


class MembersTable:
    """What of AWS members need, over HTTP: the stack's outputs, consistent reads, and starts."""

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


@pytest.fixture
def members_table(settings):
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

    deployed.forget()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
        yield table
        server.shutdown()
    deployed.forget()


@pytest.fixture(scope="session")
def app_key():
    """A key that signs, as PEM; making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


@pytest.fixture
def people_github(settings, app_key):
    """A GitHub of a few people, as the dashboard's App sees it."""
    with people_github_server.serving() as served:
        settings.GITHUB_API_URL = served.url
        settings.GITHUB_APP_ID, settings.GITHUB_APP_PRIVATE_KEY = "1234", app_key
        yield served


@pytest.fixture
def ada(client, django_user_model):
    """Somebody who is signed in; `client` is hers."""
    user = django_user_model.objects.create_user("ada")
    client.force_login(user)
    return user


@pytest.fixture
def tables(settings):
    """TeamRulesTable and DirectoryTable."""
    deployed.forget()
    with dynamodb.serving() as served:
        settings.AWS_ENDPOINT_URL = served.url
        yield served
    deployed.forget()


@pytest.fixture
def github_teams(monkeypatch, settings):
    """The teams of the organisation; set a GhkitError to have GitHub not answer."""
    settings.GITHUB_ORG = "sandbox-org"
    found = {"everyone": "Everyone", "engineering": "Engineering", "leads": "Leads"}
    known = Known(found)

    def list_teams(_app, *, organization):
        if known.error:
            raise known.error
        return [{"slug": slug, "name": name} for slug, name in known.names.items()]

    monkeypatch.setattr("core.github.app", lambda: None)
    monkeypatch.setattr("ghkit.github.organizations.list_teams", list_teams)
    monkeypatch.setattr(
        "ghkit.github.organizations.is_team_synced",
        lambda _app, **team: team["slug"] in known.synced,
    )
    teams.forget()
    yield known
    teams.forget()


class Known:
    def __init__(self, names):
        self.names = names
        self.synced = set()
        self.error = None
