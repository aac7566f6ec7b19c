"""The dashboard's company directory, made of the settings."""

import json

import pytest

from core.aws import stack as deployed
from core.directory import DirectoryNotConfigured, directory
from ghkit.directory import Directory
from ghkit.errors import DirectoryAnswerUnreadable, DirectoryUnavailable, PersonUnknown
from tests.factories import dynamodb


@pytest.fixture
def tables(settings):
    """A stack whose directory is the table."""
    settings.COMPANY_DIRECTORY_URL = ""
    deployed.forget()
    with dynamodb.serving() as served:
        settings.AWS_ENDPOINT_URL = served.url
        yield served
    deployed.forget()


@pytest.fixture
def no_stack(settings):
    """AWS does not answer."""
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    deployed.forget()
    yield
    deployed.forget()


def test_the_directory_of_the_settings_is_made(settings):
    settings.COMPANY_DIRECTORY_URL = "https://people.example.com/{login}"
    settings.COMPANY_DIRECTORY_TOKEN = "secret"
    settings.COMPANY_DIRECTORY_FIELDS = '{"email": "contact.mail"}'

    assert isinstance(directory(), Directory)


@pytest.mark.parametrize(
    ("url", "fields", "problem"),
    [
        ("", "", "not known to the dashboard"),
        ("https://people.example.com/", "", "{login} or {github_id}"),
        ("https://people.example.com/{login}", "{", "mapping is not JSON"),
        ("https://people.example.com/{login}", '{"phone": "x"}', "mapping names phone"),
    ],
)
def test_a_directory_that_cannot_be_asked_says_what_is_wrong(
    settings, no_stack, url, fields, problem
):
    settings.COMPANY_DIRECTORY_URL = url
    settings.COMPANY_DIRECTORY_FIELDS = fields

    with pytest.raises(DirectoryNotConfigured) as refusal:
        directory()

    assert problem in str(refusal.value)


def test_the_table_is_asked_where_the_stack_asks_it_whatever_the_case_of_the_login(tables):
    tables.directory["ada"] = {"login": "ada", "record": json.dumps({"department": "Data"})}

    assert directory().find(login="Ada", github_id=7)["department"] == "Data"
    with pytest.raises(PersonUnknown):
        directory().find(login="bob", github_id=8)


def test_a_table_that_cannot_be_read_is_told_from_one_with_nonsense_in_it(tables):
    tables.directory["ada"] = {"login": "ada", "record": "{"}
    with pytest.raises(DirectoryAnswerUnreadable):
        directory().find(login="ada", github_id=7)

    refusal = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"}
    tables.refusals.append(("GetItem", 400, refusal, False))
    with pytest.raises(DirectoryUnavailable, match="cannot be read"):
        directory().find(login="ada", github_id=7)
