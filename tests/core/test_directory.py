"""The dashboard's company directory, made of the settings."""

import pytest

from core.directory import DirectoryNotConfigured, directory
from ghkit.directory import Directory


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
def test_a_directory_that_cannot_be_asked_says_what_is_wrong(settings, url, fields, problem):
    settings.COMPANY_DIRECTORY_URL = url
    settings.COMPANY_DIRECTORY_FIELDS = fields

    with pytest.raises(DirectoryNotConfigured) as refusal:
        directory()

    assert problem in str(refusal.value)
