"""Every answer of the endpoint, through Django's client."""

import json
import logging
import sqlite3
import uuid
from urllib.parse import quote_plus, urlencode

import pytest
from django.db import connection

from tests.factories.webhooks import SECRET, URL, body_of, example, post
from webhooks.ingress import MAX_BODY_BYTES
from webhooks.models import Delivery

GUID = uuid.UUID("72d3162e-cc78-11e3-81ab-4c9367dc0958")


@pytest.mark.django_db
def test_a_completed_run_is_accepted_and_stored_in_full(client):
    body = body_of(example())

    response = post(client, body, guid=GUID)

    assert (response.status_code, response.json()) == (
        202,
        {"delivery": str(GUID), "status": "accepted"},
    )
    delivery = Delivery.objects.get()
    assert delivery.body_json() == body
    assert len(delivery.body) < len(body) / 2
    assert {
        "guid": delivery.guid,
        "event": delivery.event,
        "action": delivery.action,
        "repository": delivery.repository,
        "organization": delivery.organization,
        "sender": delivery.sender,
        "status": delivery.status,
        "reason": delivery.reason,
        "state_machine": delivery.state_machine,
        "body_bytes": delivery.body_bytes,
    } == {
        "guid": GUID,
        "event": "workflow_run",
        "action": "completed",
        "repository": "octo-org/octo-repo",
        "organization": "octo-org",
        "sender": "Codertocat",
        "status": "waiting",
        "reason": "",
        "state_machine": "workflow-cost",
        "body_bytes": len(body),
    }


@pytest.mark.django_db
def test_the_signature_is_never_stored_but_what_finds_the_delivery_at_github_is(client):
    post(client, guid=GUID)

    assert Delivery.objects.get().headers == {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/abc123",
        "X-GitHub-Hook-ID": "7",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-GitHub-Hook-Installation-Target-ID": "12345",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["workflow_run__requested", "workflow_job__completed_success"])
def test_an_event_without_route_is_stored_with_reason_and_headers_but_without_body(client, name):
    event = name.partition("__")[0]

    response = post(client, body_of(example(name)), event=event, guid=GUID)

    assert (response.status_code, response.json()["status"]) == (202, "ignored")
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.body, delivery.not_before) == ("ignored", None, None)
    assert delivery.reason.startswith(("workflow_run.requested: ", "no workflow uses "))
    assert delivery.headers["X-GitHub-Hook-ID"] == "7"


@pytest.mark.django_db
def test_an_event_that_does_not_exist_yet_is_ignored_not_refused(client):
    response = post(client, b'{"action": "invented"}', event="event_of_2031")

    assert response.json()["status"] == "ignored"


@pytest.mark.django_db
def test_a_ping_is_ignored(client):
    response = post(client, body_of(example("ping")), event="ping")

    assert (response.status_code, response.json()["status"]) == (202, "ignored")


@pytest.mark.django_db
def test_a_repeated_guid_is_a_duplicate_and_changes_nothing(client):
    post(client, guid=GUID)
    before = Delivery.objects.values().get()

    response = post(client, b'{"action": "other"}', event="ping", guid=str(GUID).upper())

    assert (response.status_code, response.json()) == (
        202,
        {"delivery": str(GUID), "status": "duplicate"},
    )
    assert Delivery.objects.values().get() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"secret": b"other"},
        {"X-Hub-Signature-256": None},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "0" * 64},
        {"X-Hub-Signature-256": "sha256=" + "ä" * 64},
    ],
)
def test_a_bad_signature_stores_nothing(client, changes):
    response = post(client, **changes)

    assert (response.status_code, response.json()["code"]) == (401, "bad_signature")
    assert response.json().keys() == {"code", "message", "fields"}
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_the_signature_is_checked_before_headers_and_body(client):
    response = post(client, b"no json \xff", event="no/event", guid="no-guid", secret=b"other")

    assert response.status_code == 401


@pytest.mark.django_db
def test_both_secrets_are_good_while_rotating_and_no_third(client, settings):
    settings.GITHUB_WEBHOOK_SECRET = "new"
    settings.GITHUB_WEBHOOK_SECRET_OLD = "old"

    codes = [post(client, secret=secret).status_code for secret in (b"new", b"old", b"", SECRET)]

    assert codes == [202, 202, 401, 401]


@pytest.mark.django_db
def test_without_a_secret_nothing_is_ever_accepted(client, settings):
    settings.GITHUB_WEBHOOK_SECRET = ""

    response = post(client, secret=b"")

    assert (response.status_code, response.json()["code"]) == (503, "webhook_secret_missing")
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("X-GitHub-Event", None, "missing_header"),
        ("X-GitHub-Event", "", "missing_header"),
        ("X-GitHub-Event", "work flow", "malformed_header"),
        ("X-GitHub-Event", "e" * 65, "malformed_header"),
        ("X-GitHub-Event", "ünrühmlich", "malformed_header"),
        ("X-GitHub-Delivery", None, "missing_header"),
        ("X-GitHub-Delivery", "", "missing_header"),
        ("X-GitHub-Delivery", "7", "malformed_header"),
        ("X-GitHub-Delivery", "{72d3162e-cc78-11e3-81ab-4c9367dc0958}", "malformed_header"),
        ("X-GitHub-Delivery", "72d3162ecc7811e381ab4c9367dc0958", "malformed_header"),
        ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958 ", "malformed_header"),
    ],
)
def test_a_missing_or_malformed_header_is_named(client, header, value, code):
    response = post(client, **{header: value})

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert list(response.json()["fields"]) == [header]
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"action": "completed"}'.encode("utf-16"),
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": 1} {"b": 2}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": "\x00"}',
    ],
)
def test_what_is_not_json_is_refused(client, body):
    response = post(client, body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"7", b"true"])
def test_json_that_is_no_object_is_refused(client, body):
    response = post(client, body)

    assert (response.status_code, response.json()) == (
        400,
        {
            "code": "invalid_payload",
            "message": "payload: expected an object",
            "fields": {"payload": ["expected an object"]},
        },
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("workflow_run", None),
        ("workflow_run.id", "30433642"),
        ("workflow_run.id", True),
        ("workflow_run.run_attempt", 0),
        ("workflow_run.updated_at", "yesterday"),
        ("repository.full_name", "a/b/c"),
        ("repository.id", 2**70),
        ("repository", []),
        ("installation", 5),
    ],
)
def test_a_routed_body_whose_shape_is_impossible_is_refused_by_field(client, path, value):
    payload = example()
    *parents, last = path.split(".")
    parent = payload
    for name in parents:
        parent = parent[name]
    parent[last] = value

    response = post(client, body_of(payload))

    assert (response.status_code, response.json()["code"]) == (400, "invalid_payload")
    assert response.json()["message"].startswith(path)
    assert list(response.json()["fields"]) == [path]
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("action", [5, [], {}, True])
def test_an_action_that_is_no_text_is_refused(client, action):
    response = post(client, body_of({"action": action}), event="ping")

    assert (response.status_code, list(response.json()["fields"])) == (400, ["action"])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "a\\udfffb", "\\ud83d\\ude00"])
def test_unstorable_text_outside_what_the_workflow_needs_is_no_obstacle(client, text):
    body = body_of(example()).replace(b'"display_title": "', f'"display_title": "{text}'.encode())
    body = body.replace(b'"head_branch": "', f'"head_branch": "{text}'.encode())

    response = post(client, body)

    assert response.json()["status"] == "accepted"
    assert Delivery.objects.get().body_json() == body


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["action", "repository", "organization", "sender"])
def test_unstorable_text_in_what_is_listed_is_replaced(client, field):
    inner = {"repository": "full_name"}.get(field, "login")
    bad = "\ud800\x00" + "x" * 300
    payload = {field: bad if field == "action" else {inner: bad}}

    response = post(client, json.dumps(payload).encode(), event="ping")

    assert response.json()["status"] == "ignored"
    limit = 100 if field == "action" else 255
    assert getattr(Delivery.objects.get(), field) == "\ufffd\ufffd" + "x" * (limit - 2)


@pytest.mark.django_db
def test_of_a_repeated_key_the_last_value_counts(client):
    body = b'{"action": "requested", ' + body_of(example())[1:]

    assert post(client, body).json()["status"] == "accepted"


@pytest.mark.django_db
def test_a_form_encoded_delivery_is_signed_as_it_travels_and_stored_as_json(client):
    text = body_of(example())
    body = urlencode({"payload": text}).encode()

    response = post(client, body, **{"Content-Type": "application/x-www-form-urlencoded"})

    assert response.json()["status"] == "accepted"
    assert Delivery.objects.get().body_json() == text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"other=1",
        b"payload=%FF%FE",
        b"payload=\xff",
        b"payload={}&payload={}",
        b"payload=" + quote_plus("[1]").encode(),
        b"payload=%7B",
        b"payload=",
    ],
)
def test_a_bad_form_is_refused(client, body):
    response = post(client, body, **{"Content-Type": "application/x-www-form-urlencoded"})

    assert response.status_code == 400
    assert response.json().keys() == {"code", "message", "fields"}


@pytest.mark.django_db
def test_a_body_over_25_mb_is_refused_by_its_length_before_it_is_read(client):
    response = client.generic(
        "POST", URL, b"{}", content_type="application/json", CONTENT_LENGTH=MAX_BODY_BYTES + 1
    )

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.django_db
def test_a_body_of_exactly_25_mb_is_taken_and_one_byte_more_is_not(client):
    head = body_of(example() | {"filler": ""})[:-2]
    body = head + b"x" * (MAX_BODY_BYTES - len(head) - 2) + b'"}'

    assert post(client, body).status_code == 202
    assert post(client, body + b" ").status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_before_all_else(client, method):
    response = client.generic(method, URL, b"x", headers={"X-GitHub-Event": "no/event"})

    assert (response.status_code, response["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert response.json()["code"] == "method_not_allowed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no lock on the whole")
def test_a_database_that_stays_locked_is_a_503_with_retry_after(client):
    post(client)  # connects
    connection.cursor().execute("PRAGMA busy_timeout = 200")
    path = connection.settings_dict["NAME"]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    response = post(client, guid=GUID)
    other.execute("ROLLBACK")
    again = post(client, guid=GUID)

    other.close()
    connection.cursor().execute("PRAGMA busy_timeout = 5000")
    assert (response.status_code, response.json()["code"]) == (503, "database_busy")
    assert response["Retry-After"] == "5"
    assert again.json()["status"] == "accepted"


@pytest.mark.django_db
def test_neither_secret_nor_payload_is_ever_logged(client, caplog):
    caplog.set_level(logging.DEBUG)

    post(client, body_of(example() | {"marker": "XMARKERX"}))
    post(client, b"XMARKERX")
    post(client, secret=b"XMARKERX")

    assert caplog.records
    assert "XMARKERX" not in caplog.text
    assert SECRET.decode() not in caplog.text
