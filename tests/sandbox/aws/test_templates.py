"""What a SAM template needs works: deployed twice, it can do what it says."""

import json
from typing import Any
from uuid import uuid4

from tests.sandbox.aws.emulators import Emulator, output
from tests.waiting import eventually

HANDLER = (
    "import json, os\\n\\n\\n"
    "def handler(event, context):\\n"
    "    import boto3\\n"
    "    secrets = boto3.client('secretsmanager')\\n"
    "    found = secrets.get_secret_value(SecretId=os.environ['SECRET'])\\n"
    "    return {'secret': json.loads(found['SecretString']), 'trace': '_X_AMZN_TRACE_ID' in os.environ}"
)


def template() -> dict[str, Any]:
    role = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"SecretString": '{"key": "value"}'},
            },
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 14}},
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                },
            },
            "Read": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "InlineCode": HANDLER.replace("\\n", "\n"),
                    "Handler": "index.handler",
                    "Runtime": "python3.11",
                    "Timeout": 30,
                    "Tracing": "Active",
                    "Environment": {"Variables": {"SECRET": {"Ref": "Secret"}}},
                },
            },
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": role}},
            "Machine": {
                "Type": "AWS::Serverless::StateMachine",
                "Properties": {
                    "Definition": {
                        "StartAt": "Read",
                        "States": {"Read": {"Type": "Task", "Resource": "${Read}", "End": True}},
                    },
                    "DefinitionSubstitutions": {"Read": {"Fn::GetAtt": ["Read", "Arn"]}},
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Tracing": {"Enabled": True},
                    "Logging": {
                        "Level": "ERROR",
                        "Destinations": [
                            {
                                "CloudWatchLogsLogGroup": {
                                    "LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}
                                }
                            }
                        ],
                    },
                },
            },
        },
        "Outputs": {"Machine": {"Value": {"Ref": "Machine"}}},
    }


def test_secret_tracing_and_logs_of_a_template_work(emulator: Emulator) -> None:
    formation = emulator.client("cloudformation")
    name = f"s-{uuid4().hex}"
    order = {
        "StackName": name,
        "TemplateBody": json.dumps(template()),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }

    def stack() -> dict[str, Any]:
        return dict(formation.describe_stacks(StackName=name)["Stacks"][0])

    formation.create_stack(**order)
    eventually(lambda: "IN_PROGRESS" not in stack()["StackStatus"])

    assert stack()["StackStatus"] == "CREATE_COMPLETE"
    [machine] = [item["OutputValue"] for item in stack()["Outputs"]]
    started = emulator.sfn.start_execution(stateMachineArn=machine)
    assert output(emulator.ended(started["executionArn"])) == {
        "secret": {"key": "value"},
        "trace": True,
    }
