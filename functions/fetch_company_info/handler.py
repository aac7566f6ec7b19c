"""FetchCompanyInfo: look somebody up in the company directory that the stack is configured with.

The table is read here and not by the state machine: a retry resumes at this state, and must see
what the directory says then.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, TypedDict

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from ghkit import directory
from ghkit.errors import DirectoryRejected, DirectoryUnavailable, PersonUnknown

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import CompanyInfo, Standing

logger = Logger()

SECRET_MAX_AGE_S: Final = 300
"""How long the directory's token is kept; after a refusal it is fetched anew."""


class Event(TypedDict):
    """Whom to look up."""

    delivery: str
    standing: Standing


@logger.inject_lambda_context(correlation_id_path="delivery")
def handle(event: Event, context: LambdaContext) -> CompanyInfo:  # noqa: ARG001 -- Lambda's
    """Return the person's record.

    Raises:
        PersonUnknown: The directory has none.
        DirectoryUnavailable, DirectoryRejected, DirectoryAnswerUnreadable: As `ghkit.directory`.
    """
    login, github_id = event["standing"]["login"], event["standing"]["github_id"]
    source = os.environ["COMPANY_DIRECTORY"]
    record = _from_table(login) if source == "table" else _from_http(login, github_id)
    logger.info("onboard_member.company_info_fetched", github_id=github_id, source=source)
    return {
        "email": record["email"],
        "employee_id": record["employee_id"],
        "name": record["name"],
        "department": record["department"],
        "title": record["title"],
        "manager": record["manager"],
        "text": directory.record_text(record),
        "source": source,
    }


def _from_http(login: str, github_id: str) -> directory.CompanyRecord:
    fields = directory.parse_fields(os.environ["COMPANY_DIRECTORY_FIELDS"])
    url = os.environ["COMPANY_DIRECTORY_URL"]
    try:
        return directory.Directory(url, _token(), fields).find(login=login, github_id=github_id)
    except DirectoryRejected:
        # The token may have been replaced since it was fetched.
        token = _token(force_fetch=True)
        return directory.Directory(url, token, fields).find(login=login, github_id=github_id)


def _token(*, force_fetch: bool = False) -> str:
    try:
        secret = str(
            parameters.get_secret(
                os.environ["COMPANY_DIRECTORY_SECRET_ARN"],
                max_age=SECRET_MAX_AGE_S,
                force_fetch=force_fetch,
            )
        )
    except GetParameterError as exc:
        message = f"the directory's secret cannot be read: {exc}"
        raise DirectoryRejected(message) from exc
    try:
        value = json.loads(secret)
    except ValueError:
        return secret.strip()
    return str(value["token"]) if isinstance(value, dict) and "token" in value else secret.strip()


def _from_table(login: str) -> directory.CompanyRecord:
    table = parameters.DynamoDBProvider(
        table_name=os.environ["DIRECTORY_TABLE"], key_attr="login", value_attr="record"
    )
    try:
        text = table.get(login.lower(), force_fetch=True, ConsistentRead=True)
    except GetParameterError as exc:
        if isinstance(exc.__context__, KeyError):  # Powertools has no error of its own for it
            message = f"the company directory does not know {login}"
            raise PersonUnknown(message) from exc
        message = f"the table of the directory cannot be read: {exc}"
        raise DirectoryUnavailable(message) from exc
    return directory.parse_record(str(text))
