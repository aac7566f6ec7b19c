"""The pages for onboarding by hand, without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from onboarding.enums import RowState
from onboarding.models import Batch, Quota
from tests.factories.batches import checked, created, states

pytestmark = pytest.mark.django_db
FILE = b"login,email\nada,ada@acme.com\nada lovelace,nobody\n"


@pytest.fixture(autouse=True)
def _organization(settings):
    settings.GITHUB_ORG = "octo-org"


def upload(client, content=FILE, name="people.csv"):
    return client.post("/onboard/many/", {"file": SimpleUploadedFile(name, content)})


def url(batch, action=""):
    return f"/onboard/{batch.public_id}/{action}"


def test_an_uploaded_file_is_stored_and_leads_to_its_check(client, ada):
    response = upload(client)

    batch = Batch.objects.get()
    assert response.headers["Location"] == url(batch)
    assert (batch.title, batch.source, batch.is_confirmed) == ("people.csv", "file", False)
    assert states(batch) == ["checking", "failed"]


def test_the_page_of_a_check_polls_and_names_what_is_wrong(client, ada):
    batch = created("ada", "ada lovelace")

    text = client.get(url(batch)).content.decode()

    assert 'hx-trigger="every 2s"' in text
    assert "“ada lovelace” has a space in it; a GitHub login has none." in text
    assert "1 of 2 checked" in text


def test_a_checked_list_shows_the_plan_and_waits_for_a_word(client, ada, settings):
    settings.GITHUB_INVITATIONS_PER_DAY = 2
    batch = checked("ada", "n1", "n2", "n3", state="ready", invited=("n1", "n2", "n3"))
    batch.rows.filter(login="ada").update(
        checks=[{"code": "already_member", "text": "Is a member.", "blocks": False}]
    )

    text = client.get(url(batch)).content.decode()

    assert "1 member is added to teams, 3 people are invited over 2 days." in text
    assert "Onboard 4 people" in text
    assert "hx-trigger" not in text
    assert "Over today&#x27;s quota" in text


@pytest.mark.parametrize(("check", "shown"), [("over_quota", ["n3"]), ("already_member", ["ada"])])
def test_people_are_filtered_by_what_was_found(client, ada, settings, check, shown):
    settings.GITHUB_INVITATIONS_PER_DAY = 2
    batch = checked("ada", "n1", "n2", "n3", state="ready", invited=("n1", "n2", "n3"))
    batch.rows.filter(login="ada").update(
        checks=[{"code": "already_member", "text": "x", "blocks": False}]
    )

    response = client.get(url(batch), {"check": check})

    assert [line.row.login for line in response.context["lines"]] == shown


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        ("ready", "start", "running"),
        ("running", "pause", "paused"),
        ("paused", "resume", "running"),
        ("paused", "cancel", "cancelled"),
    ],
)
def test_a_batch_is_steered_by_plain_forms(client, ada, state, action, after):
    batch = checked("ada", state=state)

    response = client.post(url(batch, f"{action}/"))

    assert response.headers["Location"] == url(batch)
    batch.refresh_from_db()
    assert batch.state == after


def test_a_step_that_makes_no_sense_any_more_is_explained(client, ada):
    batch = checked("ada", state="done")

    text = client.post(url(batch, "pause/"), follow=True).content.decode()

    assert "It cannot be paused: it is done." in text


@pytest.mark.parametrize(
    ("state", "rows", "looks", "says"),
    [
        ("done", {"succeeded": 2, "skipped": 1}, "ok", "Done"),
        ("done", {"succeeded": 1, "failed": 1}, "warn", "Done, 1 failed"),
        ("done", {"skipped": 1, "failed": 2, "cancelled": 1}, "warn", "Done, 2 failed"),
        ("done", {"succeeded": 1, "cancelled": 1}, "warn", "Done, 1 cancelled"),
        ("done", {"failed": 2}, "bad", "All failed"),
        ("done", {"failed": 1}, "bad", "Failed"),
        ("done", {"failed": 1, "cancelled": 1}, "bad", "Nobody onboarded"),
        ("running", {"failed": 1, "running": 1}, "run", "Running"),
        ("cancelled", {"failed": 1, "cancelled": 1}, "warn", "Cancelled"),
        ("ready", {"failed": 1, "skipped": 1}, "idle", "Nobody to onboard"),
    ],
)
def test_over_is_not_shown_as_well(client, ada, state, rows, looks, says):
    names = [name for name, people in rows.items() for _ in range(people)]
    batch = checked(*(f"u{number}" for number in range(len(names))), state=state)
    for number, name in enumerate(names, 1):
        error = "PersonUnknown: no record" if name == "failed" else ""
        batch.rows.filter(number=number).update(state=name, error=error)

    pages = [client.get(path).content.decode() for path in (url(batch), "/onboard/")]

    # The heading of its own page, and its line in the list; people's states follow further down.
    for text in pages:
        found = re.search(
            rf'<span class="state state-(\w+)">(?:(?!</svg>).)*</svg><span>{says}</span>',
            text,
            flags=re.DOTALL,
        )
        assert (found and found[1]) == looks


def test_one_press_retries_the_failed(client, ada):
    batch = checked("ada", "bob", state="done")
    batch.rows.filter(number=1).update(state=RowState.SUCCEEDED)
    batch.rows.filter(number=2).update(state=RowState.FAILED, error="GitHubUnavailable: 502")
    assert "Retry the failed" in client.get(url(batch)).content.decode()

    client.post(url(batch, "retry/"))

    assert states(batch) == ["succeeded", "checking"]


def test_the_result_is_a_csv_with_everybody_and_no_formula(client, ada):
    batch = created("ada", "=1+1")

    response = client.get(url(batch, "result.csv"))

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert response.headers["Content-Disposition"].startswith('attachment; filename="onboarding-')
    assert lines[0].startswith("row,login given,login,")
    assert lines[1].startswith("1,ada,")
    assert lines[2].startswith("2,'=1+1,")


@pytest.mark.parametrize("people", [1, 3])
def test_pages_cost_the_same_queries_whatever_they_show(
    client, ada, people, django_assert_max_num_queries
):
    logins = [f"u{number}" for number in range(people)]
    batches = [checked(*logins) for _ in range(people)]
    for path, most in ((url(batches[0]), 11), ("/onboard/", 6)):
        client.get(path)
        with django_assert_max_num_queries(most):
            client.get(path)


def test_a_page_that_polls_is_answered_304_until_something_changes(client, ada):
    batch = checked("ada")
    tag = client.get(url(batch)).headers["HX-PTag"]
    headers = {"HX-Request": "true", "HX-PTag": tag}
    assert client.get(url(batch), headers=headers).status_code == 304

    Batch.objects.filter(pk=batch.pk).update(updated_at=batch.updated_at + timedelta(seconds=1))

    fragment = client.get(url(batch), headers=headers)
    assert (fragment.status_code, b"<html" in fragment.content) == (200, False)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file or paste logins."),
        ({"text": "ada", "file": SimpleUploadedFile("a.csv", b"ada\n")}, "not both"),
        ({"file": SimpleUploadedFile("a.csv", b"name,team\nAda,web\n")}, "No column is called"),
        ({"file": SimpleUploadedFile("a.csv", b"x" * (11 * 2**20))}, "11.0 MB"),
    ],
)
def test_what_cannot_be_taken_in_is_said_beside_the_form_and_stores_nothing(
    client, ada, data, words
):
    response = client.post("/onboard/many/", data)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Batch.objects.exists()


def test_an_empty_file_is_called_that_and_no_second_thing(client, ada):
    page = client.post("/onboard/many/", {"file": SimpleUploadedFile("a.csv", b"")})

    assert "The submitted file is empty." in page.content.decode()
    assert "Choose a file" not in page.content.decode()


def test_what_nobody_has_come_to_yet_is_a_whole_sentence(client, ada):
    page = client.get(url(checked("ada", "bob", state="ready"))).content.decode()

    assert "0 of 2 done\n" in page
    assert "done:" not in page


def test_where_nobody_can_be_asked_the_page_says_so_and_stores_nothing(client, ada, settings):
    settings.GITHUB_APP_ID = ""

    response = client.get("/onboard/", {"login": "ada"})

    assert response.status_code == 503
    assert "Nobody could be asked." in response.content.decode()
    assert not Batch.objects.exists()


def test_a_login_that_cannot_be_one_is_refused_without_asking(client, ada):
    response = client.get("/onboard/", {"login": "ada lovelace"})

    assert "has a space in it" in response.content.decode()


def test_a_plan_without_limits_says_that_all_goes_at_once(client, ada):
    Quota.objects.create(organization_key="octo-org", is_limited=False)
    batch = checked("ada", state="ready")

    assert "all of it goes at once" in client.get(url(batch)).content.decode()


@pytest.mark.parametrize("path", ["/onboard/", "/onboard/00000000-0000-0000-0000-000000000000/"])
def test_strangers_are_led_to_the_door(client, path):
    assert client.get(path).headers["Location"].startswith("/sign-in/")


def test_pictures_come_from_github_alone(client, ada, settings):
    settings.GITHUB_API_URL = "https://api.github.com"
    policy = client.get("/onboard/").headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://avatars.githubusercontent.com;" in policy

    settings.GITHUB_API_URL = "http://127.0.0.1:8601"

    assert "img-src 'self' data:;" in client.get("/onboard/").headers["Content-Security-Policy"]
