"""Deploying the unmodified template by boto3."""

import pytest

from scripts import deploy_stack


def deploy(stack, **parameters):
    return deploy_stack.deploy(
        endpoint_url=stack.layout.aws_url,
        parameters={
            "DashboardUrl": stack.layout.dashboard_url,
            "GitHubApiUrl": stack.layout.github_url,
            **parameters,
        },
        app_id="4241",
        private_key=stack.layout.private_key_file.read_text(),
        notify_url=f"{stack.layout.control_url}/sns",
    )


def described(stack):
    return stack.client("cloudformation").describe_stacks(StackName="ghadmin")["Stacks"][0]


def test_a_second_run_finds_nothing_to_do(stack):
    before = described(stack)
    secret = {"SecretId": stack.outputs["GitHubAppSecretArn"]}
    version = stack.client("secretsmanager").get_secret_value(**secret)["VersionId"]

    outputs = deploy(stack)

    assert outputs == stack.outputs
    assert described(stack).get("LastUpdatedTime") == before.get("LastUpdatedTime")
    assert stack.client("secretsmanager").get_secret_value(**secret)["VersionId"] == version
    subscriptions = stack.client("sns").list_subscriptions_by_topic(
        TopicArn=stack.outputs["TopicArn"]
    )["Subscriptions"]
    assert [each["Endpoint"] for each in subscriptions] == [f"{stack.layout.control_url}/sns"]


def test_a_changed_parameter_changes_the_functions_and_nothing_is_lost(stack):
    table = stack.outputs["RunsTable"]

    def level():
        configuration = stack.client("lambda").get_function_configuration(
            FunctionName="ghadmin-price-run"
        )
        return configuration["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"]

    deploy(stack, LogLevel="WARNING")
    assert level() == "WARNING"

    deploy(stack)  # keeps what it is not told
    assert level() == "WARNING"

    outputs = deploy(stack, LogLevel="INFO")
    assert (level(), outputs["RunsTable"]) == ("INFO", table)


def test_a_parameter_that_the_template_refuses_is_told(stack):
    with pytest.raises(Exception, match="LogLevel"):
        deploy(stack, LogLevel="LOUD")


def test_everything_in_the_stack_is_tagged(stack):
    tags = {tag["Key"]: tag["Value"] for tag in described(stack)["Tags"]}

    assert tags == deploy_stack.TAGS
