#!/usr/bin/env python3
r"""Deploy aws/template.yaml, unmodified, by boto3 alone; the sandbox has no SAM CLI.

    python -m scripts.deploy_stack --endpoint-url http://127.0.0.1:8001 \
        --parameter DashboardUrl=http://127.0.0.1:8000 --app-id 4241 --private-key-file app.pem

Uploads what the template names by local paths, then creates or updates the stack by a change set.
Nothing is done that is done already: a second run only looks.
"""

import argparse
import hashlib
import io
import json
import platform
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from scripts import build_lambda

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "aws" / "template.yaml"
TAGS = {"application": "ghadmin"}
PATIENCE_S = 600
RUNTIMES = ((3, 11), (3, 14))
"""First and last Python that the template allows."""


class DeployFailed(RuntimeError):
    """The stack could not be created or updated; the text says which resources and why."""


class _TemplateLoader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref x` is `{"Ref": "x"}`."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 -- YAML has no fourth kind
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_TemplateLoader.add_multi_constructor("!", _short_form)


def read_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """Read a template into the long forms of its functions."""
    template: dict[str, Any] = yaml.load(path.read_text(), _TemplateLoader)  # noqa: S506 -- a SafeLoader
    return template


def deploy(
    *,
    endpoint_url: str | None = None,
    region: str = "us-east-1",
    stack: str = "ghadmin",
    parameters: Mapping[str, str],
    app_id: str = "",
    private_key: str = "",
    directory_token: str = "",
    notify_url: str = "",
) -> dict[str, str]:
    """Create the stack or bring it up to date, and return its outputs.

    Args:
        endpoint_url: The sandbox's AWS, whose interpreter must be of this one's version; None
            for AWS itself.
        region: AWS's name of the region.
        stack: Name of the stack.
        parameters: Of the template; those left out keep their value or take their default.
        app_id: The GitHub App's id, for the secret, together with `private_key`.
        private_key: PEM of the App's key.
        directory_token: Bearer token of the company directory, for its secret.
        notify_url: An HTTP endpoint to subscribe to the topic of mails.

    Raises:
        DeployFailed: CloudFormation gave up, and rolled back.
    """
    client = _clients(endpoint_url, region)
    if endpoint_url:
        parameters = _sandbox_parameters(endpoint_url) | dict(parameters)
    template = read_template()
    bucket = f"{stack}-artifacts-{client('sts').get_caller_identity()['Account']}-{region}"
    _upload_local_paths(template, client("s3"), bucket)
    _change(client("cloudformation"), stack, json.dumps(template), parameters)
    outputs = _outputs(client("cloudformation"), stack)
    if app_id and private_key:
        value = json.dumps({"app_id": app_id, "private_key": private_key})
        _put_secret(client("secretsmanager"), outputs["GitHubAppSecretArn"], value)
    if directory_token:
        _put_secret(
            client("secretsmanager"), outputs["CompanyDirectorySecretArn"], directory_token
        )
    if notify_url:
        _subscribe(client("sns"), outputs["TopicArn"], notify_url)
    return outputs


def _clients(endpoint_url: str | None, region: str) -> Any:
    config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard"})
    common: dict[str, Any] = {"region_name": region, "config": config}
    if endpoint_url:
        common |= {
            "endpoint_url": endpoint_url,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
    return partial(boto3.session.Session().client, **common)


def _sandbox_parameters(endpoint_url: str) -> dict[str, str]:
    first, last = RUNTIMES
    major, minor = min(max(sys.version_info[:2], first), last)
    is_arm = platform.machine().lower() in ("arm64", "aarch64")
    return {
        "SandboxAwsEndpointUrl": endpoint_url,
        "Runtime": f"python{major}.{minor}",
        "Architecture": "arm64" if is_arm else "x86_64",
    }


# Artifacts


def _upload_local_paths(template: dict[str, Any], s3: "S3Client", bucket: str) -> None:
    """Replace local paths by the places in S3 where their content is."""
    _make_bucket(s3, bucket)
    uploaded: dict[Path, str] = {}

    def upload(path: Path) -> str:
        if path not in uploaded:
            uploaded[path] = key = _content_key(path)
            if not _is_there(s3, bucket, key):
                content = _zip(path) if path.is_dir() else path.read_bytes()
                s3.put_object(Bucket=bucket, Key=key, Body=content)
        return uploaded[path]

    for properties in _properties_with_paths(template):
        if isinstance(properties.get("CodeUri"), str):
            key = upload((TEMPLATE.parent / properties["CodeUri"]).resolve())
            properties["CodeUri"] = {"Bucket": bucket, "Key": key}
        if isinstance(properties.get("DefinitionUri"), str):
            key = upload((TEMPLATE.parent / properties["DefinitionUri"]).resolve())
            properties["DefinitionUri"] = {"Bucket": bucket, "Key": key}


def _content_key(path: Path) -> str:
    """Name content by its hash; build_lambda leaves that of its folder beside it."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return (path / build_lambda.FINGERPRINT).read_text()


def _properties_with_paths(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield template.get("Globals", {}).get("Function", {})
    for resource in template["Resources"].values():
        yield resource.get("Properties", {})


def _zip(folder: Path) -> bytes:
    """Pack a folder; the same content gives the same bytes, wherever and whenever."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())  # dated 1980
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return packed.getvalue()


def _make_bucket(s3: "S3Client", bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        region = s3.meta.region_name
        where: Any = {"LocationConstraint": region}
        s3.create_bucket(
            Bucket=bucket,
            **({} if region == "us-east-1" else {"CreateBucketConfiguration": where}),
        )


def _is_there(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        return False
    return True


# Stack


def _change(
    cloudformation: "CloudFormationClient", stack: str, body: str, parameters: Mapping[str, str]
) -> None:
    found = _find(cloudformation, stack)
    is_new = found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS"
    chosen: list[ParameterTypeDef] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
    ]
    if found and not is_new:
        before = {one["ParameterKey"] for one in found.get("Parameters", [])}
        kept = (before & set(json.loads(body)["Parameters"])) - set(parameters)
        chosen += [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]
    change_set = f"deploy-{time.time_ns()}"
    cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=change_set,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateBody=body,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=chosen,
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )
    described = _poll(
        lambda: cloudformation.describe_change_set(StackName=stack, ChangeSetName=change_set),
        until=lambda found: found["Status"] in ("CREATE_COMPLETE", "FAILED"),
    )
    if described["Status"] == "FAILED":
        cloudformation.delete_change_set(StackName=stack, ChangeSetName=change_set)
        reason = described.get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return
        raise DeployFailed(reason)
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=change_set)

    def status() -> str:
        found = _find(cloudformation, stack)
        return found["StackStatus"] if found else "DELETED"

    final = _poll(status, until=lambda now: not now.endswith("_IN_PROGRESS"))
    if final not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        message = f"{stack} ended as {final}:\n{_reasons(cloudformation, stack)}"
        raise DeployFailed(message)


def _find(cloudformation: "CloudFormationClient", stack: str) -> "StackTypeDef | None":
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as exc:
        if "does not exist" in exc.response["Error"]["Message"]:
            return None
        raise


def _reasons(cloudformation: "CloudFormationClient", stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(
        f"  {event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("_FAILED")
    )


def _outputs(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def _poll(look: Any, *, until: Any) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    pause_s = 0.05
    while not until(found := look()):
        if time.monotonic() > deadline:
            message = f"CloudFormation did not finish within {PATIENCE_S} s"
            raise DeployFailed(message)
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 3)  # quick for the sandbox, polite to AWS
    return found


# What stands beside the template


def _put_secret(secrets: "SecretsManagerClient", arn: str, value: str) -> None:
    try:
        if secrets.get_secret_value(SecretId=arn)["SecretString"] == value:
            return
    except secrets.exceptions.ResourceNotFoundException:
        pass  # the template makes it without a value
    secrets.put_secret_value(SecretId=arn, SecretString=value)


def _subscribe(sns: "SNSClient", topic_arn: str, url: str) -> None:
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    if not any(one["Endpoint"] == url for page in pages for one in page["Subscriptions"]):
        sns.subscribe(TopicArn=topic_arn, Protocol=url.partition(":")[0], Endpoint=url)


def main() -> int:
    """Deploy as the command line says, and print the outputs."""
    parser = argparse.ArgumentParser(description="Deploy the stack.")
    parser.add_argument("--endpoint-url", help="the sandbox's AWS; without it, your AWS account")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--stack", default="ghadmin")
    parser.add_argument("--parameter", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--app-id", default="", help="the GitHub App's id")
    parser.add_argument("--private-key-file", type=Path, help="the App's key, PEM")
    parser.add_argument(
        "--directory-token-file", type=Path, help="the company directory's bearer token"
    )
    parser.add_argument("--notify-url", default="", help="an HTTP endpoint that gets the mails")
    given = parser.parse_args()
    if bool(given.app_id) != bool(given.private_key_file):
        parser.error("--app-id and --private-key-file belong together")
    try:
        outputs = deploy(
            endpoint_url=given.endpoint_url,
            region=given.region,
            stack=given.stack,
            parameters=dict(pair.split("=", 1) for pair in given.parameter),
            app_id=given.app_id,
            private_key=given.private_key_file.read_text() if given.private_key_file else "",
            directory_token=(
                given.directory_token_file.read_text().strip()
                if given.directory_token_file
                else ""
            ),
            notify_url=given.notify_url,
        )
    except DeployFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    for key, value in sorted(outputs.items()):
        print(f"{key}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
