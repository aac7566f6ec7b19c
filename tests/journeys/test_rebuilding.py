"""The dashboard's database is lost, and an operator rebuilds it from AWS."""

import contextlib
import sqlite3
import subprocess
import sys

from sandbox.runner.layout import ROOT
from tests.factories.runs import linux_job
from tests.journeys.test_a_developer_joins import joined
from tests.waiting import eventually

# What the mirror shows, by its natural key; not when this database learned of it.
_SHOWN = {
    "executions": """
        SELECT arn, name, state_machine, status, started_at, stopped_at, took, error, cause,
               redrive_count, delivery, subject, parent_arn, failed_step, ended_in_fail_state,
               needs_attention, packed_input, packed_output
        FROM executions_execution ORDER BY arn""",
    "failed steps": """
        SELECT arn, number, state, path, step.attempt, step.status, step.entered_at,
               step.error, child_execution_arn
        FROM executions_step AS step JOIN executions_execution AS run ON run.id = execution_id
        WHERE run.status = 'FAILED' AND generation = history_generation ORDER BY arn, number""",
    "members": """
        SELECT organization_id, key, login, status, joined_at, email, name, department, manager,
               company, rules_version, execution_arn,
               (SELECT group_concat(slug || state, ' ') FROM
                   (SELECT slug, state FROM onboarding_memberteam
                    WHERE member_id = member.id ORDER BY slug))
        FROM onboarding_member AS member ORDER BY organization_id, key""",
    "runs": """
        SELECT run_id, run_attempt, full_name, workflow, billable_minutes, cost_usd, billed_usd,
               delivery, execution_arn, jobs
        FROM costs_run ORDER BY run_id, run_attempt""",
    "months": """
        SELECT full_name, month, runs, attempts, jobs, billable_minutes, cost_usd, billed_usd
        FROM costs_repositorymonth JOIN costs_repository AS repository
        ON repository.id = repository_id ORDER BY full_name, month""",
}


def shown_by(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return {what: database.execute(query).fetchall() for what, query in _SHOWN.items()}


def test_an_empty_database_is_rebuilt_as_it_was_and_twice_changes_nothing(
    journey, new_run, tmp_path
):
    layout = journey.world.layout
    person = {"login": "journey-rebuilt", "id": 815_900, "org_member": True, "company": None}
    journey.control.put("/people", json=person).raise_for_status()
    journey.control.put("/teams", json={"slug": "joiners", "members": []}).raise_for_status()
    journey.control.put("/rules", json={"default": ["joiners"]}).raise_for_status()
    known = {**person, "login": "journey-kept", "id": 815_901, "company": {"name": "Kept"}}
    journey.control.put("/people", json=known).raise_for_status()
    run = new_run()
    journey.register(run["workflow_run"], {1: [linux_job(run["workflow_run"]["id"] * 10, 61)]})
    sent = [journey.send(run)["guid"], *(joined(journey, one)["guid"] for one in (person, known))]
    ended = [journey.ended(guid)["status"] for guid in sent]
    environment = layout.dashboard_environment | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/rebuilt.sqlite3",
        "CELERY_BROKER_DIR": str(tmp_path / "broker"),
    }

    def manage(*command):
        subprocess.run(  # noqa: S603 -- our own
            [sys.executable, ROOT / "manage.py", *command],
            env=environment,
            check=True,
            timeout=300,
            capture_output=True,
        )
        return shown_by(tmp_path / "rebuilt.sqlite3")

    manage("migrate", "-v0")
    first = manage("rebuild_mirror")
    second = manage("rebuild_mirror")

    assert ended == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert second == first
    assert all(first.values())
    # What the living mirror shows is there once its workers have read what has just ended.
    original = layout.state_dir / "ghadmin.sqlite3"
    for what, rows in first.items():
        eventually(lambda what=what, rows=rows: shown_by(original)[what] == rows, what=what)
