"""The App's delivery log, and sending again."""

from datetime import UTC, datetime, timedelta

import pytest
from requests.utils import parse_header_links

from sandbox.github.moments import iso
from sandbox.github.state import Delivery, GitHub
from tests.waiting import eventually

LOG = "/app/hook/deliveries"


def send(services, number, **more):
    order = {"event": "ping", "payload": {"number": number}, **more}
    return services.order("POST", "/webhooks", order).json()["guid"]


def test_a_delivery_tells_what_was_sent_and_what_came_back(services, receiver, payload):
    body = payload("installation__created")
    services.order("POST", "/webhooks", {"event": "installation", "payload": body})
    [row] = services.get_as_app(LOG).json()

    whole = services.get_as_app(f"{LOG}/{row['id']}").json()

    assert (row["event"], row["action"], row["status"]) == ("installation", "created", "OK")
    assert row["installation_id"] == body["installation"]["id"]
    assert row["redelivery"] is False
    assert {name: whole[name] for name in row} == row
    assert whole["request"]["payload"] == body
    assert whole["request"]["headers"]["X-GitHub-Delivery"] == row["guid"]
    assert whole["response"]["payload"] == '{"status": "accepted"}'


def test_the_cursor_finds_every_delivery_once_newest_first(services, receiver):
    sent = [send(services, number) for number in range(7)]

    found, path = [], f"{LOG}?per_page=3"
    while path:
        answer = services.get_as_app(path)
        found += [row["guid"] for row in answer.json()]
        [link] = parse_header_links(answer.headers.get("link", "")) or [{}]
        path = link.get("url", "").removeprefix(services.github)

    assert found == sent[::-1]


def test_pages_stay_put_while_new_deliveries_come_in(services, receiver):
    sent = [send(services, number) for number in range(3)]
    first = services.get_as_app(f"{LOG}?per_page=2")
    send(services, 99)

    [link] = parse_header_links(first.headers["link"])
    rest = services.get_as_app(link["url"].removeprefix(services.github)).json()

    assert [row["guid"] for row in rest] == [sent[0]]


def test_the_status_filter_tells_good_from_failed(services, receiver):
    good = send(services, 1)
    receiver.status = 500
    failed = send(services, 2)

    def guids(query):
        return [row["guid"] for row in services.get_as_app(f"{LOG}?{query}").json()]

    assert guids("status=success") == [good]
    assert guids("status=failure") == [failed]
    assert services.get_as_app(f"{LOG}?status=maybe").status_code == 422


def test_a_redelivery_has_the_same_guid_and_body_and_an_id_of_its_own(services, receiver):
    guid = send(services, 1, lose=True)
    [lost] = services.get_as_app(LOG).json()

    answer = services.post_as_app(f"{LOG}/{lost['id']}/attempts")

    assert answer.status_code == 202
    rows = eventually(lambda: len(found := services.get_as_app(LOG).json()) == 2 and found)
    assert [row["guid"] for row in rows] == [guid, guid]
    assert [row["redelivery"] for row in rows] == [True, False]
    assert [row["status"] for row in rows] == ["OK", "failed to connect"]
    assert rows[0]["id"] > rows[1]["id"]
    [(headers, raw)] = receiver.received
    assert (headers["X-GitHub-Delivery"], raw) == (guid, b'{"number":1}')


def test_a_reset_waits_for_what_was_to_be_sent_again(services, receiver):
    """Otherwise it would stand in the log of whoever begins anew."""
    guid = send(services, 1, lose=True)
    [lost] = services.get_as_app(LOG).json()
    receiver.delay_s = 0.3
    services.post_as_app(f"{LOG}/{lost['id']}/attempts").raise_for_status()

    services.order("POST", "/reset").raise_for_status()

    assert [headers["X-GitHub-Delivery"] for headers, _raw in receiver.received] == [guid]
    assert services.get_as_app(LOG).json() == []


@pytest.mark.parametrize("path", [f"{LOG}/1", f"{LOG}/1/attempts"])
def test_an_unknown_delivery_is_not_found(services, path):
    ask = services.post_as_app if path.endswith("attempts") else services.get_as_app

    assert ask(path).status_code == 404


def test_a_cursor_that_nobody_gave_is_refused(services):
    assert services.get_as_app(f"{LOG}?cursor=3").status_code == 400


def test_an_installation_does_not_see_the_apps_deliveries(services):
    assert services.get(LOG).status_code == 401


def test_deliveries_are_forgotten_after_three_days():
    first_day = datetime(2026, 11, 1, tzinfo=UTC)
    state = GitHub()

    for day in range(5):
        moment = first_day + timedelta(days=day)
        row = Delivery(day, "g", "ping", {}, iso(moment), False, 0.1, "OK", 202, "", {})
        state.keep_delivery(row, now=moment)

    assert list(state.deliveries) == [1, 2, 3, 4]
