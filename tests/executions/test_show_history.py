"""`manage.py show_history`: without AWS, a database or any setting."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.ghkit.test_history import RECORDED, recorded

ROOT = Path(__file__).parent.parent.parent
FAILURE = recorded("test_activity_task_failure")
LINE = {
    "name": "one",
    "status": "FAILED",
    "steps": [
        {
            "state": "ActivityTask",
            "type": "Task",
            "path": "ActivityTask",
            "iteration": None,
            "attempt": 1,
            "status": "failed",
            "entered_at": "2026-03-01T00:00:00.137000+00:00",
            "exited_at": None,
            "error": "Programmatic Error",
            "cause": '{"Value1": "HelloWorld"}',
            "child_execution_arn": None,
        }
    ],
    "unknown_event_types": [],
}


def show(path, *options):
    out = io.StringIO()
    call_command("show_history", str(path), *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "history.json"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"name": "one", "events": FAILURE}),
        json.dumps({"name": "one", "events": FAILURE}, indent=2),
        json.dumps({"name": "one", "events": FAILURE}) + "\n\n",
    ],
)
def test_an_answer_becomes_one_line_of_json(written, text):
    lines = show(written(text), "--json").splitlines()

    assert [json.loads(line) for line in lines] == [LINE]


def test_a_bare_list_has_no_name(written):
    [line] = show(written(json.dumps(FAILURE)), "--json").splitlines()

    assert json.loads(line) == LINE | {"name": None}


def test_json_lines_become_as_many_lines_in_their_order(written):
    text = "\n".join(
        json.dumps({"name": name, "events": events}, ensure_ascii=False)
        for name, events in RECORDED.items()
    )

    lines = [json.loads(line) for line in show(written(text), "--json").splitlines()]

    assert [line["name"] for line in lines] == list(RECORDED)
    assert {line["status"] for line in lines} == {"SUCCEEDED", "FAILED", "RUNNING", "ABORTED"}


def test_a_line_may_hold_other_separators_of_lines(written):
    events = [FAILURE[0] | {"note": "a\u2028b\x85c"}]
    text = "\n".join([json.dumps({"events": events}, ensure_ascii=False)] * 2)

    assert len(show(written(text), "--json").splitlines()) == 2


def test_people_get_a_line_a_step(written):
    shown = show(written(json.dumps({"name": "one", "events": FAILURE})))

    assert shown.splitlines() == [
        "one: FAILED",
        "  failed     ActivityTask (Task)  Programmatic Error",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1 is not JSON"),
        ("", "there is no history"),
        ("[" * 100_000, "line 1 is not JSON"),
        ('{"events": []}\nnonsense', "line 2 is not JSON"),
        ('{"events": []}\n{"name": "x"}', 'line 2: expected {"events"'),
        ('{"events": []}\n{"name": "x", "events": [7]}', "line 2: x: .* event 1 is no object"),
        ('{"name": "x"}', 'expected {"events"'),
        ("7", 'expected {"events"'),
        ('[{"no": "event"}]', "no history events: event 1 has no id"),
        ('[{"id": 1, "type": "ExecutionStarted"}]', "event 1 has no timestamp"),
        ('[{"id": 1, "type": "ExecutionStarted", "timestamp": "noon"}]', "noon"),
        ('[{"id": 1, "type": "ExecutionStarted", "timestamp": 1e30}]', "no history events"),
    ],
)
def test_what_is_no_history_is_refused_in_words(written, text, problem):
    with pytest.raises(CommandError, match=problem):
        show(written(text), "--json")


def test_histories_before_a_bad_line_are_shown(written):
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("show_history", str(written('{"events": []}\n7')), "--json", stdout=out)

    assert json.loads(out.getvalue())["steps"] == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_that_powershell_wrote_are_read(tmp_path, encoding):
    path = tmp_path / "history.json"
    path.write_text(json.dumps({"name": "one", "events": FAILURE}), encoding=encoding)

    assert json.loads(show(path, "--json")) == LINE


def test_half_a_character_is_shown_as_what_it_is(written):
    started = {"id": 1, "type": "ExecutionStarted", "timestamp": 1}
    path = written(json.dumps({"name": "\ud800", "events": [started]}))

    assert json.loads(show(path, "--json").encode())["name"] == "\ud800"
    assert show(path).encode().startswith(rb"\ud800: RUNNING")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"gone\.json cannot be read"):
        show(tmp_path / "gone.json")


def test_it_needs_no_setting_and_reads_standard_input(tmp_path):
    finished = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, ROOT / "manage.py", "show_history", "-", "--json"],
        input=json.dumps({"name": "one", "events": FAILURE}),
        env={"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (finished.returncode, finished.stderr) == (0, "")
    assert json.loads(finished.stdout) == LINE
