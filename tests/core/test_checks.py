"""Half-set integrations are named before the first request."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from core.checks import require_sound_settings

ROOT = Path(__file__).resolve().parent.parent.parent


def ids():
    return [found.id for found in run_checks() if found.id.startswith("ghadmin.")]


def test_the_tests_settings_are_sound():
    assert ids() == []
    require_sound_settings()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY": ""}, "ghadmin.E001"),
        ({"GITHUB_APP_ID": "7"}, "ghadmin.E002"),
        ({"GITHUB_APP_PRIVATE_KEY": "-----BEGIN"}, "ghadmin.E002"),
        ({"GITHUB_WEBHOOK_SECRET": "", "GITHUB_WEBHOOK_SECRET_OLD": "x" * 20}, "ghadmin.E003"),
        ({"GITHUB_API_URL": "api.github.com"}, "ghadmin.E004"),
        ({"AWS_ENDPOINT_URL": "localhost:4566"}, "ghadmin.E004"),
        ({"AWS_ENDPOINT_URL": "http://["}, "ghadmin.E004"),
        ({"GHADMIN_STACK": ""}, "ghadmin.E005"),
        ({"AWS_REGION": ""}, "ghadmin.E005"),
        ({"DELIVERY_BODY_RETENTION_DAYS": 6}, "ghadmin.E006"),
        ({"DELIVERY_RETENTION_DAYS": 89}, "ghadmin.E006"),
        ({"RECOVERY_EVERY_S": 0}, "ghadmin.E007"),
        ({"GITHUB_REDELIVERIES_PER_MINUTE": -1}, "ghadmin.E007"),
        ({"GITHUB_WEBHOOK_SECRET": ""}, "ghadmin.W001"),
        ({"GITHUB_WEBHOOK_SECRET": "short"}, "ghadmin.W002"),
        ({"GITHUB_WEBHOOK_SECRET_OLD": "short"}, "ghadmin.W002"),
    ],
    ids=str,
)
def test_what_is_half_set_is_named_and_an_error_stops_the_start(settings, changes, expected):
    for name, value in changes.items():
        setattr(settings, name, value)

    assert ids() == [expected]
    if ".E" in expected:
        with pytest.raises(ImproperlyConfigured, match=expected):
            require_sound_settings()
    else:
        require_sound_settings()


def in_a_fresh_process(code, **environment):
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_web_process_does_not_start_without_a_secret_key():
    found = in_a_fresh_process("import ghadmin.wsgi")

    assert found.returncode != 0
    assert "ghadmin.E001" in found.stderr


READ = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "ghadmin.settings"
from django.conf import settings
print(repr([settings.GITHUB_WEBHOOK_SECRET, settings.GITHUB_APP_PRIVATE_KEY]))
"""


def test_secrets_are_taken_as_they_are_from_variables_and_from_files(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file $HOME\n")

    by_variable = in_a_fresh_process(
        READ, GITHUB_WEBHOOK_SECRET="$HOME is no variable", GITHUB_APP_PRIVATE_KEY="a\\nb"
    )
    by_file = in_a_fresh_process(READ, GITHUB_WEBHOOK_SECRET_FILE=str(file))

    assert by_variable.stdout == "['$HOME is no variable', 'a\\nb']\n", by_variable.stderr
    assert by_file.stdout == "['from a file $HOME', '']\n", by_file.stderr
