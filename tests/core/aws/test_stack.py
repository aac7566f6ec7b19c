"""Where everything is: the outputs of the deployed stack."""

import time

import pytest

from core.aws import errors
from core.aws import stack as deployed


def described(aws):
    """How often CloudFormation was asked for the stack."""
    calls = aws.control.get("/requests", params={"service": "aws"}).json()
    return sum("DescribeStacks" in call["path"] for call in calls)


def test_outputs_are_read_once_and_kept(aws):
    before = described(aws)

    arn = deployed.state_machine_arn("workflow-cost")
    tables = [deployed.output(name) for name in ("RunsTable", "RepositoriesTable")]

    assert arn == aws.outputs["WorkflowCostStateMachineArn"]
    assert tables == [aws.outputs["RunsTable"], aws.outputs["RepositoriesTable"]]
    assert described(aws) == before + 1


@pytest.mark.parametrize("kind", ["stateMachine", "execution"])
def test_a_machines_short_name_has_no_stack_in_it(kind):
    arn = f"arn:aws:states:eu-west-1:123456789012:{kind}:ghadmin-workflow-cost:name"

    assert deployed.state_machine_name(arn) == "workflow-cost"


def test_a_machine_of_somebody_else_keeps_its_name():
    arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:billing"

    assert deployed.state_machine_name(arn) == "billing"


def test_a_stack_that_is_not_deployed_is_named(aws, settings):
    settings.GHADMIN_STACK = "elsewhere"

    with pytest.raises(deployed.StackMissing, match="No stack named 'elsewhere' is deployed"):
        deployed.outputs()


def test_an_output_that_an_older_stack_lacks_is_named(aws):
    with pytest.raises(deployed.OutputMissing, match="has no output 'FutureTable'"):
        deployed.output("FutureTable")


def test_what_is_known_outlives_an_outage_but_not_a_new_setting(aws, settings, monkeypatch):
    known = deployed.outputs()
    monkeypatch.setattr(deployed, "TTL_S", 0.0)
    aws.fail("CloudFormation|^/$", service="aws", status=503)
    time.sleep(0.01)

    assert deployed.outputs() == known

    settings.GHADMIN_STACK = "elsewhere"
    with pytest.raises(errors.AwsUnavailable):
        deployed.outputs()


def test_forget_asks_anew(aws):
    deployed.outputs()
    before = described(aws)

    deployed.forget()
    deployed.outputs()

    assert described(aws) == before + 1
