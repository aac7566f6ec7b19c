"""The runner that a job gets where none was given: it decides what the job costs."""

import pytest

from sandbox.github.shapes.runs import runner


@pytest.mark.parametrize(
    ("given", "group", "name_begins"),
    [
        ({"labels": ["ubuntu-latest"]}, "GitHub Actions", "GitHub Actions "),
        ({"labels": ["windows-11-arm"]}, "GitHub Actions", "GitHub Actions "),
        ({"labels": ["windows-2025-vs2026"]}, "GitHub Actions", "GitHub Actions "),
        ({"labels": ["ubuntu-24.04-arm"]}, "GitHub Actions", "GitHub Actions "),
        ({"labels": ["macos-15-xlarge"]}, "GitHub Actions", "GitHub Actions "),
        ({"labels": ["build-box-7"]}, "Default", "build-box-7 "),
        ({"labels": ["self-hosted", "linux"]}, "Default", "linux "),
        ({"labels": ["self-hosted", "ubuntu-latest"]}, "Default", "ubuntu-latest "),
        ({"labels": ["ubuntu-latest"], "runner_name": "mine"}, "Default", "mine"),
        ({"labels": [], "runner_name": "GitHub Actions 3"}, "GitHub Actions", "GitHub Actions 3"),
        ({"labels": ["ubuntu-latest"], "conclusion": "skipped"}, "", ""),
        ({"labels": ["ubuntu-latest"], "runner_name": ""}, "", ""),
        ({"labels": ["ubuntu-latest"], "runner_id": 0}, "", ""),
        ({"labels": []}, "", ""),
    ],
)
def test_labels_decide_which_runner_a_finished_job_had(given, group, name_begins):
    found = runner(given, labels=given["labels"], status="completed", number=123)

    assert found["runner_group_name"] == group
    assert found["runner_name"].startswith(name_begins)
    assert bool(found["runner_name"]) == bool(name_begins)


def test_a_queued_job_has_no_runner_yet():
    found = runner({}, labels=["ubuntu-latest"], status="queued", number=123)

    assert set(found.values()) == {None}
