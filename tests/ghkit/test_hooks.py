"""The App's delivery log and webhook, and where it is installed: what is asked, what answers mean."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ghkit import errors
from ghkit.github import hooks, installations
from tests.factories.scripted_github import TOKEN

# GitHub's own example of the list (OpenAPI, hook-delivery-item).
ENTRY = {
    "id": 12345678,
    "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
    "delivered_at": "2019-06-03T00:57:16Z",
    "redelivery": False,
    "duration": 0.27,
    "status": "OK",
    "status_code": 200,
    "event": "issues",
    "action": "opened",
    "installation_id": 123,
    "repository_id": 456,
    "throttled_at": None,
}


def asked(script):
    return [(verb, path.removeprefix("/api/v3")) for verb, path, _ in script.requests]


def test_a_page_of_the_log_says_what_became_of_each_attempt_and_where_it_goes_on(app, script):
    link = f'<{script.url}/app/hook/deliveries?per_page=100&cursor=v1_7%2B>; rel="next"'
    failed = ENTRY | {"id": 2**40, "status": "timed out", "status_code": 504, "action": None}
    script.answers += [(200, {"Link": link}, [failed, ENTRY]), (200, {}, [])]

    page = hooks.list_deliveries(app)
    last = hooks.list_deliveries(app, cursor=page.cursor)

    assert page.attempts[1] == hooks.Attempt(
        id=12345678,
        guid=UUID(ENTRY["guid"]),
        delivered_at=datetime(2019, 6, 3, 0, 57, 16, tzinfo=UTC),
        is_redelivery=False,
        duration_s=0.27,
        status="OK",
        status_code=200,
        event="issues",
        action="opened",
        installation_id=123,
        repository_id=456,
    )
    assert [one.was_delivered for one in page.attempts] == [False, True]
    assert (page.attempts[0].id, page.attempts[0].action) == (2**40, "")
    assert (page.cursor, last) == ("v1_7+", hooks.LogPage([], None))
    assert asked(script) == [
        ("GET", "/app/hook/deliveries?per_page=100"),
        ("GET", "/app/hook/deliveries?cursor=v1_7%2B&per_page=100"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"message": "odd"},
        ["x"],
        [ENTRY | {"guid": "no-guid"}],
        [ENTRY | {"guid": None}],
        [ENTRY | {"delivered_at": "yesterday"}],
        [ENTRY | {"id": "x"}],
        [{name: value for name, value in ENTRY.items() if name != "status"}],
    ],
)
def test_an_answer_that_is_no_log_is_githubs_failure_and_not_an_empty_log(app, script, answer):
    script.answers.append((200, {}, answer))

    with pytest.raises(errors.GitHubUnavailable):
        hooks.list_deliveries(app)


def test_an_entry_that_cannot_be_read_keeps_no_other_from_being_read(app, script):
    script.answers.append((200, {}, [ENTRY | {"guid": "no-guid"}, ENTRY, "x"]))

    page = hooks.list_deliveries(app)

    assert [str(one.guid) for one in page.attempts] == [ENTRY["guid"]]
    assert page.unreadable == 2


def test_a_link_without_a_cursor_is_not_taken_for_the_end(app, script):
    link = f'<{script.url}/app/hook/deliveries?page=2>; rel="next"'
    script.answers.append((200, {"Link": link}, [ENTRY]))

    with pytest.raises(errors.GitHubUnavailable, match="names no cursor"):
        hooks.list_deliveries(app)


def test_a_delivery_is_sent_again_by_the_id_of_its_attempt(app, script):
    script.answers.append((202, {}, {}))

    hooks.redeliver(app, attempt_id=2**40)

    assert asked(script) == [("POST", f"/app/hook/deliveries/{2**40}/attempts")]


def test_the_app_and_its_webhook_are_shown_as_github_has_them(app, script):
    webhook = {"url": "https://x.example/webhooks/github/", "content_type": "json"}
    script.answers += [(200, {}, webhook), (200, {}, {"slug": "ghadmin"}), (200, {}, [])]

    assert hooks.get_webhook(app) == webhook
    assert hooks.get_app(app) == {"slug": "ghadmin"}
    with pytest.raises(errors.GitHubUnavailable, match="no object"):
        hooks.get_app(app)


def test_all_installations_are_listed_whatever_the_number_of_pages(app, script):
    link = f'<{script.url}/app/installations?per_page=100&page=2>; rel="next"'
    script.answers += [(200, {"Link": link}, [{"id": 1}]), (200, {}, [{"id": 2}])]

    assert installations.list_installations(app) == [{"id": 1}, {"id": 2}]


def test_a_list_of_installations_without_an_end_is_told_as_such(app, script):
    link = f'<{script.url}/app/installations?page=2>; rel="next"'
    script.answers += [(200, {"Link": link}, [{"id": 1}])] * 50

    with pytest.raises(errors.ListTooLong):
        installations.list_installations(app)


@pytest.mark.parametrize("answer", [{"id": 1}, [1], [{"id": "1"}]])
def test_an_answer_that_is_no_list_is_not_taken_for_no_installations(app, script, answer):
    script.answers.append((200, {}, answer))

    with pytest.raises(errors.GitHubUnavailable):
        installations.list_installations(app)


def test_an_installations_repositories_are_asked_for_with_a_token_that_reads_names(app, script):
    script.answers += [TOKEN, (200, {}, {"total_count": 1, "repositories": [{"id": 5}]})]

    found = installations.list_repositories(app, installation_id=7, owner="acme")

    assert found == [{"id": 5}]
    assert script.bodies[0] == '{"permissions": {"metadata": "read"}}'
    assert asked(script)[1] == ("GET", "/installation/repositories?per_page=100")


def test_an_answer_without_repositories_is_not_taken_for_none(app, script):
    script.answers += [TOKEN, (200, {}, [])]

    with pytest.raises(errors.GitHubUnavailable):
        installations.list_repositories(app, installation_id=7, owner="acme")
