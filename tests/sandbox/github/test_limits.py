"""GitHub's limits, once they are switched on."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github.limits import Limits, Refusal
from sandbox.github.moments import iso
from sandbox.github.organizations import Invitation, Organization

ME = "installation ID 4242"
NOON = 1_800_000_000.0


@pytest.fixture
def limits():
    limits = Limits()
    limits.switch(on=True)
    return limits


def use(limits, times, *, method="GET", path="/meta", now=NOON, caller=ME):
    return [limits.charge(caller, method, path, now) for _ in range(times)]


def add(limits, times, *, now=NOON):
    path = "/orgs/acme/teams/everyone/memberships/ada"
    return use(limits, times, method="PUT", path=path, now=now)


def test_nothing_is_counted_until_the_limits_are_on():
    limits = Limits()

    refusals = use(limits, 6000)

    assert set(refusals) == {None}
    assert limits.rate(ME, NOON)["remaining"] == 5000


def test_nine_hundred_reads_a_minute_are_enough(limits):
    assert set(use(limits, 900)) == {None}
    assert use(limits, 1, now=NOON + 20) == [Refusal(secondary=True, retry_after_s=40)]
    assert use(limits, 1, now=NOON + 60) == [None]


def test_a_write_costs_five_points(limits):
    assert set(use(limits, 180, method="POST")) == {None}
    assert use(limits, 1, method="GET") == [Refusal(secondary=True, retry_after_s=60)]


def test_five_thousand_requests_an_hour_are_enough(limits):
    for minute in range(10):
        assert set(use(limits, 500, now=NOON + 60 * minute)) == {None}

    assert use(limits, 1, now=NOON + 600) == [Refusal(secondary=False, retry_after_s=3000)]
    assert limits.rate(ME, NOON + 600) == {
        "limit": 5000,
        "remaining": 0,
        "used": 5000,
        "reset": int(NOON) + 3600,
    }
    assert use(limits, 1, now=NOON + 3600) == [None]


def test_eighty_new_memberships_a_minute_are_enough(limits):
    assert set(add(limits, 80)) == {None}
    assert add(limits, 1, now=NOON + 50) == [Refusal(secondary=True, retry_after_s=10)]
    assert use(limits, 1, now=NOON + 50) == [None]
    assert add(limits, 1, now=NOON + 60) == [None]


def test_five_hundred_new_memberships_an_hour_are_enough(limits):
    for minute in range(6):
        assert set(add(limits, 80, now=NOON + 60 * minute)) == {None}
    assert set(add(limits, 20, now=NOON + 360)) == {None}

    assert add(limits, 1, now=NOON + 360) == [Refusal(secondary=True, retry_after_s=3240)]
    assert add(limits, 1, now=NOON + 3600) == [None]


def test_installations_have_limits_of_their_own(limits):
    use(limits, 900)

    assert use(limits, 1, caller="installation ID 7") == [None]


def test_an_unchanged_answer_is_given_back(limits):
    use(limits, 2)

    limits.give_back(ME, NOON)

    assert limits.rate(ME, NOON)["used"] == 1


def test_over_the_secondary_limit_the_answer_says_when_to_come_again(services):
    services.get("/meta")
    services.order("PUT", "/limits", {"github": True})
    app = services.as_app()
    for _ in range(179):
        services.session.post(f"{services.github}/nothing", headers=app, timeout=60)

    allowed = [services.ask("/app", **app) for _ in range(5)]
    refused = services.ask("/app", **app)

    assert {answer.status_code for answer in allowed} == {200}
    assert allowed[-1].headers["x-ratelimit-remaining"] == "4816"
    assert refused.status_code == 403
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json()["message"].startswith("You have exceeded a secondary rate limit")
    # Looking at the limit is free, and installations have their own.
    assert services.ask("/rate_limit", **app).json()["resources"]["core"]["used"] == 184
    assert services.get("/meta").status_code == 200


def test_an_unchanged_answer_costs_nothing(services):
    services.put_run({"id": 7, "repository": {"full_name": "sandbox-org/api"}})
    services.order("PUT", "/limits", {"github": True})
    tag = services.get("/repos/sandbox-org/api").headers["etag"]

    unchanged = services.get("/repos/sandbox-org/api", If_None_Match=tag)

    assert unchanged.headers["x-ratelimit-used"] == "1"


def test_switching_the_limits_off_forgets_what_was_used(services):
    services.order("PUT", "/limits", {"github": True})
    services.get("/meta")

    services.order("PUT", "/limits", {"github": False})

    assert services.get("/meta").headers["x-ratelimit-used"] == "0"


def test_over_the_limit_of_new_content_nobody_is_added(services):
    services.put_team("everyone")
    for number in range(81):
        services.put_person(f"dev-{number}", org_member=True)
    services.order("PUT", "/limits", {"github": True})
    paths = [f"/orgs/sandbox-org/teams/everyone/memberships/dev-{number}" for number in range(81)]

    answers = [services.change("PUT", path) for path in paths]

    assert [one.status_code for one in answers] == [200] * 80 + [403]
    assert answers[-1].json()["message"].startswith("You have exceeded a secondary rate limit")
    assert len(services.order("GET", "/teams/everyone/members").json()) == 80
    assert services.get("/orgs/sandbox-org/members").status_code == 200


def test_invitations_have_a_quota_of_their_own(services):
    for number in range(3):
        services.put_person(f"dev-{number}")
    services.order("PUT", "/limits", {"github": True, "invitations_a_day": 2})
    path = "/orgs/sandbox-org/memberships/dev-"

    answers = [services.change("PUT", f"{path}{number}") for number in (0, 1, 2, 0)]

    assert [one.status_code for one in answers] == [200, 200, 422, 200]
    assert answers[2].json()["errors"][0]["message"] == "Over invitation rate limit"
    assert len(services.get("/orgs/sandbox-org/invitations").json()) == 2


@pytest.mark.parametrize(("age_days", "quota"), [(29, 50), (31, 500)])
def test_an_organisation_may_invite_more_after_its_first_month(age_days, quota):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    organization = Organization(42, iso(now - timedelta(days=age_days)))
    for number in range(quota):
        assert not organization.is_over_quota(now=now)
        organization.invite(Invitation(iso(now), number + 1), now=now)

    assert organization.is_over_quota(now=now)
    assert not organization.is_over_quota(now=now + timedelta(hours=24))
