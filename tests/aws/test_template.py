"""What the stack must be, read from its template, and the files that stand beside it."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ghkit import routing
from ghkit.github import organizations, runs
from scripts.deploy_stack import TAGS, read_template

ROOT = Path(__file__).parents[2]
AWS = ROOT / "aws"
TEMPLATE = read_template()
RESOURCES = TEMPLATE["Resources"]

WITHOUT_RESOURCES = {
    # Service Authorization Reference, read 2026-11-23: these cannot be granted on less.
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}


def resources(kind):
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


FUNCTIONS = resources("AWS::Serverless::Function")


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(role):
    return [
        statement
        for policy in RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def actions(role):
    return {action for statement in statements(role) for action in as_list(statement["Action"])}


def test_cloudformations_own_linter_finds_nothing():
    done = subprocess.run(  # noqa: S603 -- our own file
        [Path(sys.executable).parent / "cfn-lint", AWS / "template.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_the_template_uses_no_alias_which_cloudformation_does_not_read():
    assert (
        re.findall(
            r"^\s*(?:- )?(?:\w+: )?[&*]\w+", (AWS / "template.yaml").read_text(), re.MULTILINE
        )
        == []
    )


@pytest.mark.parametrize("role", resources("AWS::IAM::Role"))
def test_a_role_allows_named_actions_on_named_resources(role):
    for statement in statements(role):
        assert not [action for action in as_list(statement["Action"]) if "*" in action]
        if statement["Resource"] == "*":
            assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCES
    assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]


def test_every_function_has_a_role_of_its_own():
    roles = [function["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS.values()]

    assert roles == [f"{name}Role" for name in FUNCTIONS]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_role_covers_exactly_what_its_code_calls(name):
    module = FUNCTIONS[name]["Handler"].rpartition(".")[0]
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text()
    wanted = {
        *("logs:CreateLogStream", "logs:PutLogEvents"),
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    }
    if "parameters.get_secret(" in source or "github_app.ask(" in source:
        wanted.add("secretsmanager:GetSecretValue")
    if "parameters.DynamoDBProvider(" in source:
        wanted.add("dynamodb:GetItem")

    assert "boto3" not in source
    assert actions(f"{name}Role") == wanted


def test_only_functions_that_call_github_may_read_the_apps_key():
    may = {
        role for role in resources("AWS::IAM::Role") if "GitHubAppSecret" in str(statements(role))
    }
    knows = {name for name, function in FUNCTIONS.items() if "GitHubAppSecret" in str(function)}

    assert knows == {"FetchJobs", "ReadMembership", "InviteMember", "AddToTeam"}
    assert may == {f"{name}Role" for name in knows}


def test_only_the_function_that_asks_the_directory_may_read_its_token():
    may = {
        role
        for role in resources("AWS::IAM::Role")
        if "CompanyDirectorySecret" in str(statements(role))
    }

    assert may == {"FetchCompanyInfoRole"}


@pytest.mark.parametrize("name", resources("AWS::SecretsManager::Secret"))
def test_a_secret_has_no_value_in_the_template(name):
    assert set(RESOURCES[name]["Properties"]) == {"Description"}


@pytest.mark.parametrize("name", resources("AWS::DynamoDB::Table"))
def test_a_table_outlives_mistakes(name):
    table = RESOURCES[name]

    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }
    assert table["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["IsAws", True, False]}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_log_ends_some_day(name):
    group = RESOURCES[FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]

    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert group["LogGroupName"]["Fn::Sub"] == (
        "/aws/lambda/" + FUNCTIONS[name]["FunctionName"]["Fn::Sub"]
    )


@pytest.mark.parametrize("name", resources("AWS::Serverless::StateMachine"))
def test_a_machine_logs_errors_without_data_and_is_traced(name):
    machine = RESOURCES[name]["Properties"]

    assert (machine["Logging"]["Level"], machine["Logging"]["IncludeExecutionData"]) == (
        "ERROR",
        False,
    )
    assert machine["Tracing"] == {"Enabled": True}


def test_every_function_is_traced():
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == "Active"


MACHINES = resources("AWS::Serverless::StateMachine")


def test_status_changes_of_every_machine_reach_the_queue():
    pattern = resources("AWS::Events::Rule")["StatusRule"]["EventPattern"]

    assert pattern["detail"] == {"stateMachineArn": [{"Ref": name} for name in MACHINES]}


@pytest.mark.parametrize("name", MACHINES)
def test_failures_of_every_machine_are_mailed(name):
    detail = RESOURCES[f"{name}Failure"]["Properties"]["EventPattern"]["detail"]

    assert detail["stateMachineArn"] == [{"Ref": name}]
    assert detail["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]


def test_only_the_members_of_a_batch_fail_without_a_mail_of_their_own():
    """Their executions have no name of ours; all others begin with one of these words."""
    named = {
        name: RESOURCES[f"{name}Failure"]["Properties"]["EventPattern"]["detail"].get("name")
        for name in MACHINES
    }

    assert {name: value for name, value in named.items() if value} == {
        "OnboardMember": [
            {"prefix": word} for word in ("organization-", "joined-", "resend-", "by-hand-")
        ]
    }


def test_what_mails_may_publish():
    allowed = [
        source
        for statement in RESOURCES["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
        for source in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    ]

    assert allowed == [{"Fn::GetAtt": [f"{name}Failure", "Arn"]} for name in MACHINES]


def test_only_our_rule_may_write_to_the_queues_and_what_fails_is_kept():
    (statement,) = RESOURCES["StatusQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (target,) = RESOURCES["StatusRule"]["Properties"]["Targets"]
    dead_letters = {"Fn::GetAtt": ["StatusDeadLetterQueue", "Arn"]}

    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["StatusRule", "Arn"]}}
    }
    assert target["DeadLetterConfig"]["Arn"] == dead_letters
    queue = RESOURCES["StatusQueue"]["Properties"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == dead_letters
    assert all(queue["SqsManagedSseEnabled"] for queue in resources("AWS::SQS::Queue").values())


@pytest.mark.parametrize("name", MACHINES)
def test_the_mail_of_a_failure_is_a_sentence_with_a_link(name):
    (target,) = RESOURCES[f"{name}Failure"]["Properties"]["Targets"]
    template = target["InputTransformer"]["InputTemplate"]["Fn::Sub"]
    short_name = MACHINES[name]["Name"]["Fn::Sub"].removeprefix("${AWS::StackName}-")

    assert json.loads(template)  # one JSON string, which SNS then mails as it is
    assert "${DashboardUrl}/executions/find/?arn=<arn>" in template
    assert f"the execution <name> of {short_name} ended" in template


def called_by_the_dashboard():
    """The AWS operations in core/aws, as IAM actions."""
    prefixes = {
        "stepfunctions": "states",
        "dynamodb": "dynamodb",
        "sqs": "sqs",
        "sns": "sns",
        "cloudformation": "cloudformation",
    }
    batches = {"sqs:DeleteMessageBatch": "sqs:DeleteMessage"}
    found = set()
    for path in (ROOT / "core" / "aws").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            # client.stepfunctions().start_execution(…), client.dynamodb().get_paginator("scan")
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Attribute(attr=service)), attr="get_paginator"
                    ),
                    args=[ast.Constant(value=str(operation))],
                ):
                    found.add(f"{prefixes[service]}:{operation.title().replace('_', '')}")
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Attribute(attr=service)), attr=operation
                    )
                ) if service in prefixes:
                    action = f"{prefixes[service]}:{operation.title().replace('_', '')}"
                    found.add(batches.get(action, action))
    return found


def test_the_dashboards_policy_allows_exactly_what_its_code_calls():
    policy = RESOURCES["DashboardPolicy"]["Properties"]["PolicyDocument"]
    granted = {action for each in policy["Statement"] for action in as_list(each["Action"])}

    assert granted == called_by_the_dashboard()
    assert "*" not in [each["Resource"] for each in policy["Statement"]]


def test_the_dashboard_reads_only_the_tables_that_its_code_names():
    statements = RESOURCES["DashboardPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    granted = {
        table["Fn::GetAtt"][0]
        for each in statements
        if any(action.startswith("dynamodb:") for action in as_list(each["Action"]))
        for table in as_list(each["Resource"])
    }
    apps = ("ghadmin", "webhooks", "onboarding", "costs", "executions", "access", "core")
    paths = [path for app in apps for path in (ROOT / app).rglob("*.py")]
    named = {
        table
        for path in paths
        for table in re.findall(r'stack\.output\("(\w+Table)"', path.read_text())
    }

    assert granted == named


def test_the_github_app_asks_for_no_more_than_is_used():
    manifest = json.loads((AWS / "github-app-manifest.json").read_text())

    assert manifest["default_events"] == sorted({route.event for route in routing.ROUTES})
    assert manifest["default_permissions"] == {
        **runs.READ_ACTIONS,
        **organizations.WRITE_MEMBERS,
        "metadata": "read",
    }
    assert manifest["hook_attributes"]["url"].endswith("/webhooks/github/")
    assert manifest["public"] is False


def test_both_ways_to_deploy_tag_everything_alike():
    config = tomllib.loads((AWS / "samconfig.toml").read_text())["default"]["deploy"]["parameters"]

    assert config["stack_name"] == "ghadmin"
    assert config["tags"] == " ".join(f'{key}="{value}"' for key, value in TAGS.items())


def test_the_outputs_are_what_the_product_looks_up():
    machines = {f"{name}StateMachineArn" for name in resources("AWS::Serverless::StateMachine")}

    assert set(TEMPLATE["Outputs"]) == machines | {
        *("RunsTable", "RunIdsTable", "RepositoriesTable"),
        *("MembersTable", "TeamRulesTable", "DirectoryTable"),
        *("CompanyDirectory", "CompanyDirectorySecretArn"),
        *("StatusQueueUrl", "StatusDeadLetterQueueUrl", "TopicArn"),
        *("GitHubAppSecretArn", "DashboardPolicyArn"),
    }
