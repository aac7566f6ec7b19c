"""Finding runs by when they were created."""

from datetime import UTC, datetime

import pytest

from ghkit import errors
from ghkit.github import runs
from tests.factories.scripted_github import TOKEN, Script

WHERE = {"installation_id": 7, "owner": "acme", "repository": "web"}
SPAN = {
    "created_from": datetime(2026, 11, 1, tzinfo=UTC),
    "created_until": datetime(2026, 11, 2, tzinfo=UTC),
}


@pytest.fixture
def script(script) -> Script:
    script.answers.append(TOKEN)
    return script


def test_runs_are_listed_by_their_span_each_once_over_all_pages(app, script):
    link = f'<{script.url}/repositories/1/actions/runs?page=2>; rel="next"'
    first = {"total_count": 3, "workflow_runs": [{"id": 3}, {"id": 2}]}
    # A run that completes meanwhile moves the others to the next page.
    second = {"total_count": 3, "workflow_runs": [{"id": 2}, {"id": 1}]}
    script.answers += [(200, {"Link": link}, first), (200, {}, second)]

    found = runs.list_completed_runs(app, **WHERE, **SPAN)

    assert ([run["id"] for run in found.runs], found.is_whole) == ([3, 2, 1], True)
    _, path, _ = script.requests[1]
    assert path.startswith("/api/v3/repos/acme/web/actions/runs?")
    assert "created=2026-11-01T00%3A00%3A00Z..2026-11-02T00%3A00%3A00Z" in path
    assert "status=completed" in path


def test_a_span_with_more_than_github_lists_is_not_read_in_part(app, script):
    answer = {"total_count": 1_001, "workflow_runs": [{"id": 3}]}
    script.answers.append((200, {}, answer))

    assert runs.list_completed_runs(app, **WHERE, **SPAN) == runs.RunList([], is_whole=False)


@pytest.mark.parametrize(
    "answer", [[], {"total_count": 1}, {"total_count": "1", "workflow_runs": []}]
)
def test_an_answer_that_is_no_list_is_not_taken_for_no_runs(app, script, answer):
    script.answers.append((200, {}, answer))

    with pytest.raises(errors.GitHubUnavailable):
        runs.list_completed_runs(app, **WHERE, **SPAN)


def test_one_attempt_is_shown_as_github_has_it(app, script):
    script.answers += [(200, {}, {"id": 5, "run_attempt": 2}), (200, {}, [])]

    found = runs.get_attempt(app, **WHERE, run_id=5, run_attempt=2)

    assert found == {"id": 5, "run_attempt": 2}
    assert script.requests[1][1] == "/api/v3/repos/acme/web/actions/runs/5/attempts/2"
    with pytest.raises(errors.GitHubUnavailable):
        runs.get_attempt(app, **WHERE, run_id=5, run_attempt=2)
