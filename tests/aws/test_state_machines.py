"""What every state machine of ours must be, read from its file."""

import json
import re
from pathlib import Path

import pytest

from ghkit import errors
from scripts.deploy_stack import read_template

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "aws" / "statemachines").glob("*.asl.json"))
RESOURCES = read_template()["Resources"]

LAMBDA_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",  # what Lambda itself answers for a process that died
    "Sandbox.Timedout",
    "States.Timeout",
}
"""What AWS may do to any invocation (Step Functions Developer Guide, "Handle transient errors")."""

START_ERRORS = {
    # As the guide and recorded executions spell the exceptions of StartExecution.
    "StepFunctions.ExecutionLimitExceeded",
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.AWSStepFunctionsException",
}
"""What passes by itself when a task starts an execution; its failure is retried in itself."""

AWS_ERRORS = (
    LAMBDA_ERRORS
    | START_ERRORS
    | {
        "States.ALL",
        "States.TaskFailed",
        "DynamoDb.TransactionCanceledException",  # of aws-sdk:dynamodb
        "DynamoDB.ConditionalCheckFailedException",  # of dynamodb
    }
)
"""ErrorEquals knows no wildcards, so a misspelt name would silently match nothing."""

OUR_ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.GhkitError)
}

RETRYABLE = {
    "FetchJobs": {"GitHubUnavailable", "JobsNotSettled", "AppKeyUnusable"},
    "ReadMembership": {"GitHubUnavailable", "AppKeyUnusable"},
    "InviteMember": {"GitHubUnavailable", "AppKeyUnusable"},
    "AddToTeam": {"GitHubUnavailable", "AppKeyUnusable"},
    "FetchCompanyInfo": {"DirectoryUnavailable"},
}
"""Errors of our own that pass by themselves, by the function that raises them."""


def machine_of(path):
    """The resource that is defined by this file."""
    (found,) = [
        resource["Properties"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
        and resource["Properties"]["DefinitionUri"] == f"statemachines/{path.name}"
    ]
    return found


def definition_of(name):
    """The definition of a machine's resource."""
    return json.loads((ROOT / "aws" / RESOURCES[name]["Properties"]["DefinitionUri"]).read_text())


def scopes_of(definition):
    """The definition and, of each Map, the one of its iterations."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from scopes_of(state["ItemProcessor"])


def states_of(path):
    """All states by name, those of Maps among them."""
    scopes = list(scopes_of(json.loads(path.read_text())))
    states = {name: state for scope in scopes for name, state in scope["States"].items()}
    assert len(states) == sum(len(scope["States"]) for scope in scopes)
    return states


def tasks_of(path):
    return {name: state for name, state in states_of(path).items() if state["Type"] == "Task"}


def retried(state):
    return {
        name
        for retrier in state.get("Retry", [])
        if retrier.get("MaxAttempts", 3) > 0
        for name in retrier["ErrorEquals"]
    }


def named(value):
    """The logical id behind `!Ref X`, `!GetAtt X.Arn`; `X:*` for all executions of X."""
    if "Fn::Sub" in value:
        if executions := re.search(r":execution:\$\{(\w+)\.Name\}:\*$", value["Fn::Sub"]):
            return f"{executions[1]}:*"
        return value["Fn::Sub"].rpartition("/")[2]
    return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]


def needs(state, substitutions):
    """Which action on which resource a Task takes, as (action, logical id)."""

    def resource(text):
        return named(substitutions[text.removeprefix("${").removesuffix("}")])

    parameters = state["Parameters"]
    match state["Resource"].removeprefix("arn:aws:states:::"):
        case "lambda:invoke":
            return {("lambda:InvokeFunction", resource(parameters["FunctionName"]))}
        case "dynamodb:getItem":
            return {("dynamodb:GetItem", resource(parameters["TableName"]))}
        case "dynamodb:updateItem":
            return {("dynamodb:UpdateItem", resource(parameters["TableName"]))}
        case "aws-sdk:dynamodb:transactWriteItems":
            return {
                (f"dynamodb:{verb}Item", resource(order["TableName"]))
                for item in parameters["TransactItems"]
                for verb, order in item.items()
            }
        case "states:startExecution.sync:2":
            machine = resource(parameters["StateMachineArn"])
            rule = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
            return {
                ("states:StartExecution", machine),
                *((f"states:{verb}Execution", f"{machine}:*") for verb in ("Describe", "Stop")),
                *((f"events:{verb}", rule) for verb in ("PutTargets", "PutRule", "DescribeRule")),
            }
        case "sns:publish":
            return {("sns:Publish", resource(parameters["TopicArn"]))}
        case other:
            pytest.fail(f"this test does not know what {other} needs")


def allowed(role):
    """What a role allows on resources of ours, as (action, logical id)."""
    return {
        (action, named(resource))
        for policy in RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if resource != "*"
    }


def as_list(value):
    return value if isinstance(value, list) else [value]


each_machine = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@each_machine
def test_the_role_allows_exactly_what_the_states_do(path):
    machine = machine_of(path)
    wanted = {
        need
        for state in tasks_of(path).values()
        for need in needs(state, machine["DefinitionSubstitutions"])
    }

    assert allowed(named(machine["Role"])) == wanted


@each_machine
def test_every_substitution_is_used_and_given(path):
    used = set(re.findall(r"\$\{(\w+)\}", path.read_text()))

    assert used == set(machine_of(path)["DefinitionSubstitutions"])


@each_machine
def test_every_error_that_is_matched_exists(path):
    matched = {
        name
        for state in states_of(path).values()
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]
        for name in rule["ErrorEquals"]
    }

    assert matched - AWS_ERRORS - OUR_ERRORS == set()


@each_machine
def test_every_task_retries_what_passes_by_itself(path):
    missing = {}
    for name, state in tasks_of(path).items():
        match state["Resource"].removeprefix("arn:aws:states:::"):
            case "lambda:invoke":
                wanted = LAMBDA_ERRORS
            case "states:startExecution.sync:2":
                wanted = START_ERRORS
            case _:
                wanted = {"States.TaskFailed", "States.Timeout"}
        missing[name] = (wanted | RETRYABLE.get(name, set())) - retried(state)

    assert {name: errors for name, errors in missing.items() if errors} == {}


@each_machine
def test_permanent_errors_are_not_retried(path):
    of_ours = {
        name for state in tasks_of(path).values() for name in retried(state) if name in OUR_ERRORS
    }

    assert of_ours <= set().union(*RETRYABLE.values())


@each_machine
def test_nothing_is_caught_into_a_failure(path):
    """A redriven execution that ended in a Fail state enters it again, and fails again."""
    assert [name for name, state in states_of(path).items() if state["Type"] == "Fail"] == []


@each_machine
def test_every_wait_of_a_retry_is_bounded_and_the_crowd_is_spread(path):
    for name, state in tasks_of(path).items():
        for retrier in state["Retry"]:
            if retrier.get("MaxAttempts") == 0:
                continue
            assert retrier["MaxAttempts"] <= 12, name
            longest = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** retrier["MaxAttempts"]
            assert min(longest, retrier.get("MaxDelaySeconds", longest)) <= 120, name


@each_machine
def test_every_machine_and_every_task_gives_up_in_time(path):
    definition = json.loads(path.read_text())

    assert 0 < definition["TimeoutSeconds"] <= 24 * 3600
    for state in tasks_of(path).values():
        function = RESOURCES.get(state["Parameters"].get("FunctionName", "")[2:-4])
        longest = function["Properties"]["Timeout"] if function else 0
        if "StateMachineArn" in state["Parameters"]:
            child = named(
                machine_of(path)["DefinitionSubstitutions"][
                    state["Parameters"]["StateMachineArn"][2:-1]
                ]
            )
            longest = definition_of(child)["TimeoutSeconds"]
        assert state["TimeoutSeconds"] > longest


@each_machine
def test_a_function_has_one_name_everywhere(path):
    for name, state in tasks_of(path).items():
        if state["Resource"].endswith(":lambda:invoke"):
            folder = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
            properties = RESOURCES[name]["Properties"]
            assert state["Parameters"]["FunctionName"] == f"${{{name}Arn}}"
            assert properties["Handler"] == f"functions.{folder}.handler.handle"
            assert (ROOT / "functions" / folder / "handler.py").exists()


@each_machine
def test_every_state_says_what_it_is_for(path):
    assert [name for name, state in states_of(path).items() if not state.get("Comment")] == []


@each_machine
def test_every_state_can_be_reached(path):
    states = states_of(path)
    seen = set()
    ahead = [scope["StartAt"] for scope in scopes_of(json.loads(path.read_text()))]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            state = states[name]
            rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
            ahead += [rule["Next"] for rule in rules if "Next" in rule]
            ahead += [state["Default"]] if "Default" in state else []

    assert seen == set(states)


@each_machine
def test_numbers_reach_dynamodb_as_text(path):
    """JSONPath numbers are floats; `{"N": 1}` would be refused, `{"N": 0.1}` inexact."""
    literals = re.findall(r'"N":\s*([^"\s])', path.read_text())

    assert literals == []
