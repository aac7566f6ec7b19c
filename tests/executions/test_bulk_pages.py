"""Pages and REST of bulk retries and failures by kind."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from executions import presenting
from executions.models import BulkRetry, Execution, Family
from tests.executions.test_bulk import advance, fail
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
JSON = "application/json"


def test_a_filter_is_previewed_confirmed_and_followed(sfn, now, admin_client):
    fail(sfn, 2, now=now)
    mirrored(sfn, told(9).ends("FAILED", END, error="InvalidPayload"), now=now)

    offer = admin_client.get("/executions/retries/new/?status=failed")
    order = admin_client.post("/executions/retries/new/?status=failed")
    advance(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))
    followed = admin_client.get(order["Location"]).content.decode()

    assert "Retry 2" in offer.content.decode()
    assert "status Failed" in offer.content.decode()
    assert "3 of 3 settled" in followed
    assert "2 accepted by AWS" in followed
    assert "1 nothing to retry" in followed
    assert BulkRetry.objects.get().requested_by.username == "admin"


def test_each_item_tells_how_its_execution_or_the_new_one_stands_now(sfn, now, admin_client):
    [resumed] = fail(sfn, 1, now=now)
    [replaced] = mirrored(sfn, told(7).fails_in_fail_state(END), now=now)
    order = admin_client.post("/executions/retries/new/?status=failed")["Location"]
    later = now + timedelta(minutes=1)
    advance(now=later)
    work_off(now=later)
    polled = {"HX-PTag": admin_client.get(order)["HX-PTag"], "HX-Request": "true"}
    unchanged = admin_client.get(order, headers=polled)
    hear(sfn.executions[resumed.arn].ends("SUCCEEDED", later).status_event(), now=later)
    work_off(now=later)

    followed = admin_client.get(order, headers=polled)
    url = f"/api/v1/retries/{BulkRetry.objects.get().public_id}/items/"
    items = admin_client.get(url).json()["results"]

    assert unchanged.status_code == HTTPStatus.NOT_MODIFIED
    assert followed.content.decode().count("Succeeded") == 1
    replaced.refresh_from_db()
    successor = replaced.latest_retry.new_execution
    assert [(item["status"], item["new_execution"]) for item in items] == [
        ("SUCCEEDED", None),
        ("RUNNING", str(successor.public_id)),
    ]


def test_a_filter_that_makes_no_sense_retries_nothing(sfn, now, admin_client):
    fail(sfn, 1, now=now)

    response = admin_client.post("/executions/retries/new/?status=nonsense&took=99")

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert not BulkRetry.objects.exists()


@pytest.mark.parametrize(
    ("status", "counts", "standing"),
    [
        ("running", {"requested": 2}, ("running", "Asking for retries")),
        ("done", {"accepted": 1, "requested": 2}, ("running", "AWS is being told")),
        ("done", {"accepted": 3, "skipped": 1}, ("done", "Done")),
        ("done", {"accepted": 1, "refused": 2}, ("warning", "Done, 2 refused")),
        ("done", {"refused": 2, "skipped": 1}, ("failed", "AWS refused")),
        ("cancelled", {"refused": 2, "cancelled": 1}, ("cancelled", "Cancelled")),
    ],
)
def test_a_bulk_retry_is_not_done_before_aws_has_heard_it(status, counts, standing):
    assert presenting.bulk_standing(BulkRetry(status=status), counts) == standing


def test_a_bulk_retry_is_cancelled_from_its_page(sfn, now, admin_client, settings):
    settings.AWS_BUCKET_SIZE, settings.AWS_BUCKET_PER_S = 1, 0
    fail(sfn, 3, now=now)
    order = admin_client.post("/executions/retries/new/?status=FAILED")["Location"]
    advance(now=now + timedelta(minutes=1))

    admin_client.post(f"{order}cancel/")
    advance(now=now + timedelta(minutes=2))

    page = admin_client.get(order).content.decode()
    assert "2 cancelled" in page
    assert "Repeat for what still matches" in page


@pytest.mark.parametrize(
    ("url", "queries"), [("/executions/retries/", 4), ("/api/v1/retries/", 4)]
)
@pytest.mark.parametrize("count", [1, 3])
def test_more_bulk_retries_on_a_page_take_no_more_queries(
    sfn, now, admin_client, django_assert_num_queries, url, queries, count
):
    fail(sfn, 2, now=now)
    for _order in range(count):
        admin_client.post("/executions/retries/new/?status=failed")
    advance(now=now + timedelta(minutes=1))

    with django_assert_num_queries(queries):
        response = admin_client.get(url)

    assert response.status_code == HTTPStatus.OK


def test_a_program_retries_what_matches_and_reads_each_outcome(sfn, now, admin_client):
    rows = fail(sfn, 2, now=now)
    order = {"filter": {"status": "failed", "error": "GitHubUnavailable"}}

    preview = admin_client.post("/api/v1/retries/", order | {"preview": True}, content_type=JSON)
    made = admin_client.post("/api/v1/retries/", order, content_type=JSON)
    advance(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))
    url = f"/api/v1/retries/{made.json()['id']}/"

    assert preview.json() == {"redrive": 2, "restart": 0, "none": 0}
    assert made.status_code == HTTPStatus.ACCEPTED
    assert admin_client.get(url).json()["counts"] == {"accepted": 2}
    items = admin_client.get(f"{url}items/").json()["results"]
    assert [item["execution"] for item in items] == [str(row.public_id) for row in rows]
    assert {item["outcome"] for item in items} == {"accepted"}
    assert {item["status"] for item in items} == {"RUNNING"}
    assert admin_client.post(f"{url}cancel/").json()["code"] == "bulk_ended"
    assert len(admin_client.get("/api/v1/retries/").json()["results"]) == 1


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({}, 400),
        ({"filter": {"status": "nonsense"}}, 400),
        ({"filter": {"state": "FAILED"}}, 400),
        ({"filter": {}, "dry_run": True}, 400),
        ({"filter": {"status": "ABORTED"}}, 409),
        ({"filter": {"status": "SUCCEEDED"}}, 409),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(admin_client, sfn, now, order, status):
    mirrored(sfn, told(1).ends("FAILED", END), told(2).ends("SUCCEEDED", END), now=now)

    response = admin_client.post("/api/v1/retries/", order, content_type=JSON)

    assert response.status_code == status
    assert set(response.json()) == {"code", "message", "fields"}
    assert not BulkRetry.objects.exists()


def test_everything_that_matches_leaves_as_csv_with_formulas_defused(sfn, now, admin_client):
    mirrored(
        sfn,
        told(1, repository="=cmd/x").ends("SUCCEEDED", END),
        told(2).ends("FAILED", END),
        now=now,
    )

    response = admin_client.get("/executions/export.csv?status=SUCCEEDED")
    text = b"".join(response.streaming_content).decode("utf-8-sig")

    [head, line] = text.splitlines()
    assert response["Content-Type"].startswith("text/csv")
    assert head.startswith("name,state_machine,status")
    assert "'=cmd/x" in line


def test_a_bad_filter_exports_nothing_and_the_list_names_it(sfn, now, admin_client):
    fail(sfn, 1, now=now)

    response = admin_client.get("/executions/export.csv?status=nonsense&error=x")

    assert response["Location"] == "/executions/?status=nonsense&error=x"


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_as_often_for_one_row_as_for_three(
    sfn, now, admin_client, count, django_assert_max_num_queries
):
    fail(sfn, count, now=now)
    for number in range(count):
        other = told(50 + number).ends("FAILED", END, error=f"Error{number}")
        mirrored(sfn, other, now=now)
    order = admin_client.post("/executions/retries/new/?status=FAILED")["Location"]
    advance(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))
    admin_client.get(order)

    for page, queries in ((order, 6), ("/executions/failures/", 7)):
        with django_assert_max_num_queries(queries):
            assert admin_client.get(page).status_code == HTTPStatus.OK


def test_a_kind_of_failure_is_noted_from_its_page(sfn, now, admin_client):
    fail(sfn, 2, now=now)
    family = Family.objects.get()
    before = admin_client.get("/executions/failures/").content.decode()

    admin_client.post(f"/executions/failures/{family.public_id}/acknowledge/", {"note": "known"})

    after = admin_client.get("/executions/failures/").content.decode()
    noted = admin_client.get("/executions/failures/?show=handled").content.decode()
    assert "GitHubUnavailable" in before
    assert "No failure needs attention" in after
    assert "known" in noted
    assert not Execution.objects.filter(needs_attention=True).exists()


def test_strangers_see_and_change_nothing(client, sfn, now):
    fail(sfn, 1, now=now)
    family = Family.objects.get()

    for path in (
        "/executions/retries/new/?status=FAILED",
        f"/executions/failures/{family.public_id}/acknowledge/",
    ):
        assert client.post(path).status_code == HTTPStatus.FOUND
    assert client.post("/api/v1/retries/").status_code == HTTPStatus.UNAUTHORIZED
    assert client.get("/executions/export.csv").status_code == HTTPStatus.FOUND

    family.refresh_from_db()
    assert family.acknowledged_at is None
    assert not BulkRetry.objects.exists()
