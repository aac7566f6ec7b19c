"""FetchCompanyInfo in this process, between the sandbox's Secrets Manager, DynamoDB and directory."""

import json
from dataclasses import dataclass

import pytest
from aws_lambda_powertools.utilities import parameters

from functions.choose_teams import handler as choose_teams
from functions.fetch_company_info import handler
from ghkit import errors


@dataclass(frozen=True)
class Context:
    function_name: str = "ghadmin-test"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:ghadmin-test"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"


@pytest.fixture
def environment(stack, monkeypatch):
    def forget():
        parameters.clear_caches()
        parameters.base.DEFAULT_PROVIDERS.clear()

    for name, value in {
        "AWS_ENDPOINT_URL": stack.layout.aws_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "COMPANY_DIRECTORY": "http",
        "COMPANY_DIRECTORY_URL": stack.layout.directory_template,
        "COMPANY_DIRECTORY_FIELDS": '{"title": "position"}',
        "COMPANY_DIRECTORY_SECRET_ARN": stack.outputs["CompanyDirectorySecretArn"],
        "DIRECTORY_TABLE": stack.outputs["DirectoryTable"],
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    yield monkeypatch
    forget()


@pytest.fixture
def ada(stack):
    number = stack.number()
    order = {
        "login": f"Ada-{number}",
        "id": number,
        "company": {"email": "ada@acme.example", "position": "Lead", "desk": 7},
    }
    stack.control.put("/people", json=order).raise_for_status()
    return order


@pytest.fixture
def secret(stack):
    """Change the directory's secret, and put it right again."""
    client = stack.client("secretsmanager")
    arn = stack.outputs["CompanyDirectorySecretArn"]

    def change(value):
        client.put_secret_value(SecretId=arn, SecretString=value)

    yield change
    change(stack.layout.directory_token)


def fetch(person):
    standing = {"login": person["login"], "github_id": str(person["id"])}
    return handler.handle({"delivery": "", "standing": standing}, Context())


def put(stack, login, text):
    item = {"login": {"S": login.lower()}, "record": {"S": text}}
    stack.client("dynamodb").put_item(TableName=stack.outputs["DirectoryTable"], Item=item)


def test_a_person_is_asked_for_at_the_directory_with_its_token_and_mapping(environment, ada):
    found = fetch(ada)

    assert (found["email"], found["title"], found["source"]) == (
        *("ada@acme.example", "Lead", "http"),
    )
    assert json.loads(found["text"])["desk"] == 7


def test_the_token_may_stand_in_json(stack, environment, ada, secret):
    secret(json.dumps({"token": stack.layout.directory_token}))

    assert fetch(ada)["title"] == "Lead"


def test_a_replaced_token_is_fetched_at_the_first_refusal(stack, environment, ada, secret):
    secret("old")
    with pytest.raises(errors.DirectoryRejected, match="401"):
        fetch(ada)

    secret(stack.layout.directory_token)

    assert fetch(ada)["title"] == "Lead"


def test_a_secret_that_is_not_there_is_named(environment, ada):
    environment.setenv("COMPANY_DIRECTORY_SECRET_ARN", "arn:of:nothing")

    with pytest.raises(errors.DirectoryRejected, match="secret cannot be read"):
        fetch(ada)


def test_a_person_of_the_table_is_found_whatever_the_case_of_the_login(stack, environment, ada):
    environment.setenv("COMPANY_DIRECTORY", "table")
    put(stack, ada["login"], json.dumps({"email": "t@acme.example", "title": "Dev", "x": [1]}))

    found = fetch(ada)

    assert (found["email"], found["title"], found["source"]) == ("t@acme.example", "Dev", "table")
    assert json.loads(found["text"])["x"] == [1]


def test_a_person_whom_the_table_lacks_is_unknown_until_it_is_put_right(stack, environment, ada):
    environment.setenv("COMPANY_DIRECTORY", "table")
    with pytest.raises(errors.PersonUnknown, match=ada["login"]):
        fetch(ada)

    put(stack, ada["login"], "{}")

    assert fetch(ada)["email"] == ""


def test_a_table_that_cannot_be_read_is_no_unknown_person(environment, ada):
    environment.setenv("COMPANY_DIRECTORY", "table")
    environment.setenv("DIRECTORY_TABLE", "nothing")

    with pytest.raises(errors.DirectoryUnavailable, match="cannot be read"):
        fetch(ada)


def test_a_broken_record_of_the_table_is_named(stack, environment, ada):
    environment.setenv("COMPANY_DIRECTORY", "table")
    put(stack, ada["login"], "{")

    with pytest.raises(errors.DirectoryAnswerUnreadable, match="not JSON"):
        fetch(ada)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({}, "no team rules are published"),
        ({"Item": {"id": {"S": "published"}}}, "cannot be read"),
        ({"Item": {"rules": {"S": "{"}}}, "cannot be read"),
    ],
)
def test_rules_that_are_not_there_are_named(answer, problem):
    event = {"delivery": "", "company": {"email": "", "department": "", "title": ""}}

    with pytest.raises(errors.RulesMissing, match=problem):
        choose_teams.handle({**event, "rules": answer}, Context())
