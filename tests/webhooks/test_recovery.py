"""What GitHub could not hand over is asked for again, against the sandbox's GitHub over HTTP."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from core import work
from ghkit.github import hooks
from tests.factories.webhooks import NOW, Clock
from tests.waiting import eventually
from webhooks import services
from webhooks.models import CompletenessDay, Delivery, LoggedDelivery, Routine
from webhooks.services import delivery_log, recovery


@pytest.fixture
def clock():
    """The sandbox writes the true time into its log."""
    return Clock(datetime.now(UTC))


def round_of_recovery(clock, *, turns=5):
    """Let workers do a whole round; returns the routine's row."""
    if not Routine.objects.filter(name="recovery").exists():
        Routine.objects.create(name="recovery", not_before=clock())
    services.run_now("recovery", now=clock())
    recoveries = Routine.objects.filter(name="recovery")
    for _number in range(turns):
        [row] = work.claim(recoveries, limit=1, now=clock(), lease_s=20)
        services.run_routine(row, clock(), clock=clock)
        if not work.due(recoveries, now=clock()).exists():
            break
    return recoveries.get()


def wait_for_arrival(*guids):
    """GitHub answers before it delivers."""
    eventually(lambda: Delivery.objects.filter(guid__in=guids).count() == len(guids))


def outcomes():
    return dict(LoggedDelivery.objects.values_list("guid", "outcome"))


def day():
    found = CompletenessDay.objects.order_by("-day").first()
    return found.expected, found.received, found.recovered, found.missing, found.lost


def test_what_did_not_arrive_is_asked_for_and_arrives(github, clock):
    received, lost = github.send(), github.lose()

    first = round_of_recovery(clock)
    after_first = outcomes(), day()
    wait_for_arrival(received, lost)
    clock.pass_(30)
    round_of_recovery(clock)

    assert after_first == ({received: "received", lost: "missing"}, (2, 1, 0, 1, 0))
    assert "1 deliveries asked for again, 1 still missing" in first.note
    assert first.not_before - first.ended_at == timedelta(seconds=20)
    assert outcomes() == {received: "received", lost: "recovered"}
    assert day() == (2, 1, 1, 0, 0)
    row = LoggedDelivery.objects.get(guid=lost)
    assert row.recovered_at == Delivery.objects.get(guid=lost).received_at


def test_an_entry_of_the_log_that_says_nothing_is_left_out_and_told(github, clock):
    order = {"event": "star", "payload": {}, "guid": "no-guid"}
    github.control.post("/webhooks", json=order).raise_for_status()
    lost = github.lose()

    row = round_of_recovery(clock)

    wait_for_arrival(lost)
    assert row.problem == ""
    assert row.note.startswith(
        "1 entries of GitHub's log read, 1 that say nothing left out, 1 deliveries asked for again"
    )


def test_what_was_asked_for_is_not_asked_for_again_in_every_round(github, clock, settings):
    github.lose()
    settings.GITHUB_WEBHOOK_SECRET = "another one, so that every delivery is refused"

    asks = []
    for minutes in (0, 1, 5, 1, 20, 1):
        clock.pass_(60 * minutes)
        round_of_recovery(clock)
        asks.append(LoggedDelivery.objects.get().asks)

    assert asks == [1, 1, 2, 2, 3, 3]
    assert github.asked("POST /app/hook/deliveries/") == 3


def test_what_never_arrives_is_lost_in_the_end_and_the_day_says_so(github, clock, settings):
    github.lose()
    settings.GITHUB_WEBHOOK_SECRET = "another one, so that every delivery is refused"

    for _number in range(9):
        round_of_recovery(clock)
        clock.pass_(19 * 3600)
        if "lost" in outcomes().values():
            break

    assert list(outcomes().values()) == ["lost"]
    assert LoggedDelivery.objects.get().ask_at is None


def test_a_delivery_that_failed_before_it_was_taken_is_not_missing(github, clock):
    guid = github.lose()
    github.send(guid=str(guid))

    round_of_recovery(clock)

    assert outcomes() == {guid: "received"}
    assert LoggedDelivery.objects.get().answered_in_s is not None
    assert github.asked("/attempts") == 0


def test_a_delivery_that_github_calls_delivered_but_that_is_not_here_is_asked_for(github, clock):
    """The database was brought back from a backup: GitHub's word alone will not do."""
    guid = github.send()
    Delivery.objects.all().delete()

    round_of_recovery(clock)
    wait_for_arrival(guid)

    assert Delivery.objects.get().guid == guid


def test_every_page_of_the_log_is_read_once_and_then_only_what_is_new(github, clock, monkeypatch):
    monkeypatch.setattr(hooks, "PER_PAGE", 4)
    for _number in range(10):
        github.send()

    pages = []
    for _number in range(3):
        before = github.asked("GET /app/hook/deliveries")
        round_of_recovery(clock)
        pages.append(github.asked("GET /app/hook/deliveries") - before)
        clock.pass_(3_600)

    # The second looks a little further back than the first began: an attempt may be listed late.
    assert pages == [3, 3, 1]
    assert LoggedDelivery.objects.count() == 10


def test_a_worker_that_dies_while_reading_leaves_its_place_to_the_next(github, clock, monkeypatch):
    monkeypatch.setattr(hooks, "PER_PAGE", 4)
    for _number in range(10):
        github.lose()
    monkeypatch.setattr(recovery, "_TURN", timedelta(0))  # a page a turn

    services.start_routines(now=clock())
    recoveries = Routine.objects.filter(name="recovery")
    [row] = work.claim(recoveries, limit=1, now=clock(), lease_s=20)
    services.run_routine(row, clock(), clock=clock)
    [dying] = work.claim(recoveries, limit=1, now=clock(), lease_s=20)
    clock.pass_(21)
    [row] = work.claim(recoveries, limit=1, now=clock(), lease_s=20)
    monkeypatch.setattr(recovery, "_TURN", timedelta(seconds=10))
    services.run_routine(row, clock(), clock=clock)

    assert dying.attempt < row.attempt
    assert LoggedDelivery.objects.count() == 10
    assert github.asked("GET /app/hook/deliveries") == 3


def test_a_rate_limit_is_waited_out_and_the_reading_goes_on_where_it_was(github, clock):
    guid = github.lose()
    github.fail("/attempts$", status=403, headers={"retry-after": "120"}, times=1)

    held = round_of_recovery(clock)
    waits = held.not_before - clock()
    asks = LoggedDelivery.objects.get().asks
    clock.pass_(125)
    round_of_recovery(clock)
    wait_for_arrival(guid)

    assert timedelta(seconds=110) < waits <= timedelta(seconds=121)
    assert "rate limit" in held.trouble
    assert asks == 0  # a refused request was none


def test_a_round_that_meets_a_bug_says_so_and_the_next_one_comes_all_the_same(
    github, clock, monkeypatch
):
    monkeypatch.setattr(delivery_log, "note_arrivals", lambda: 1 // 0)

    for _number in range(work.MAX_STRIKES + 1):
        row = round_of_recovery(clock, turns=1)
        assert row.trouble.startswith("ZeroDivisionError")
        clock.now = row.not_before

    assert (row.work_state, row.strikes) == ("waiting", 0)


def test_a_turn_that_comes_through_gives_a_long_round_a_clean_record(github, clock, settings):
    settings.GITHUB_REDELIVERIES_PER_MINUTE = 60_000
    github.lose()
    Routine.objects.create(name="recovery", not_before=clock(), strikes=work.MAX_STRIKES - 1)
    [row] = work.claim(Routine.objects.all(), limit=1, now=clock(), lease_s=20)
    # The first turn reads and asks for nothing: its time is over before.
    times = iter([clock(), clock() + timedelta(seconds=11)])

    services.run_routine(row, clock(), clock=lambda: next(times, clock() + timedelta(seconds=12)))

    row.refresh_from_db()
    assert (row.work_state, row.strikes) == ("waiting", 0)


def test_github_away_is_no_strike(github, clock):
    github.fail("/app/hook/deliveries", status=502)
    Routine.objects.create(name="recovery", not_before=clock())

    services.run_routines(clock=clock)

    row = Routine.objects.get(name="recovery")
    assert (row.work_state, row.strikes) == ("waiting", 0)
    assert "GitHub did not answer" in row.trouble


def test_a_dashboard_without_an_app_says_so_and_looks_again_later(db, settings, clock):
    settings.GITHUB_APP_ID = settings.GITHUB_APP_PRIVATE_KEY = ""
    Routine.objects.create(name="recovery", not_before=clock())

    services.run_routines(clock=clock)

    row = Routine.objects.get(name="recovery")
    assert "GitHub cannot be asked" in row.problem
    assert row.not_before == clock() + timedelta(minutes=5)


def test_a_log_that_does_not_reach_back_to_the_last_reading_has_a_hole(github, clock):
    github.send()
    now = clock()
    known_to = now - timedelta(days=5)
    reading = delivery_log.Reading.at({"known_to": known_to.isoformat()})

    delivery_log.read_page(reading, now=now)

    assert reading.is_over
    assert reading.hole == (known_to, now - timedelta(days=3))


def test_the_first_reading_of_all_has_no_hole(github, clock):
    reading = delivery_log.Reading()

    delivery_log.read_page(reading, now=clock())

    assert (reading.is_over, reading.hole, reading.listed) == (True, None, 0)


def test_starting_a_worker_makes_every_routine_due_but_leaves_the_one_at_work(db, clock):
    services.start_routines(now=clock())
    [row] = work.claim(Routine.objects.filter(name="recovery"), limit=1, now=clock(), lease_s=20)
    clock.pass_(1)

    services.start_routines(now=clock())

    row.refresh_from_db()
    assert row.work_state == "leased"
    due = {one.name for one in work.due(Routine, now=clock())}
    assert due == {"installations", "retention", "counting"}
    assert services.run_now("recovery", now=clock()) is False


@pytest.mark.django_db(transaction=True)
def test_an_entry_of_the_log_with_texts_that_no_database_takes_holds_up_no_other(each_database):
    told = [
        hooks.Attempt(
            id=number,
            guid=uuid.uuid4(),
            delivered_at=NOW,
            is_redelivery=False,
            duration_s=0.1,
            status=text,
            status_code=502,
            event=text,
            action=text,
            installation_id=None,
            repository_id=None,
        )
        for number, text in enumerate(["OK", "a\x00b\ud800"])
    ]

    delivery_log.take_in(told, now=NOW)

    kept = LoggedDelivery.objects.order_by("attempt_id").last()
    assert LoggedDelivery.objects.count() == 2
    assert (kept.event, kept.action, kept.status) == ("a\ufffdb\ufffd",) * 3
