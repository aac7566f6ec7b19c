"""A list of people over REST, through every process of the product, with kills in between."""

from collections import Counter

import pytest

from tests.waiting import eventually

ORGANIZATION = "intake-org"


@pytest.fixture
def people(journey):
    """Twenty-four people of whom every other is a member already; all are in the directory."""
    journey.control.put("/teams", json={"slug": "everyone", "org": ORGANIZATION})
    journey.control.put("/rules", json={"default": ["everyone"]}).raise_for_status()
    logins = [f"intake-{number}" for number in range(24)]
    for number, login in enumerate(logins):
        register(journey, login, number)
    return logins


def register(journey, login, number, *, known=True):
    company = {"email": f"{login}@example.com", "name": login.title(), "department": "Data"}
    person = {"login": login, "id": 810_000 + number, "org": ORGANIZATION}
    journey.control.put(
        "/people",
        json=person | {"org_member": number % 2 == 0, "company": company if known else None},
    ).raise_for_status()


def onboarded(journey, batch_id):
    """The onboarding once nobody of it runs any more, and every success has its execution.

    The parent may tell of a success before the child's own event is there.
    """

    def look():
        found = journey.get(f"onboardings/{batch_id}/")
        told = all(row["execution_arn"] for row in found["rows"] if row["status"] == "succeeded")
        return found if found["running"] == 0 and told else None

    return eventually(look, what=f"the end of onboarding {batch_id}", seconds=180)


def additions(journey):
    """How often each person was put into the team, as GitHub counted."""
    requests = journey.control.get("/requests", params={"service": "github"}).json()
    prefix = f"/orgs/{ORGANIZATION}/teams/everyone/memberships/"
    return Counter(
        one["path"].removeprefix(prefix)
        for one in requests
        if one["method"] == "PUT" and one["path"].startswith(prefix) and one["status"] == 200
    )


def test_a_list_is_onboarded_once_whoever_dies_on_the_way_and_the_failed_are_retried(
    journey, people
):
    register(journey, "intake-unknown", 99, known=False)
    logins = [*people, "intake-unknown", "INTAKE-3", "no-such-login", "two words"]

    accepted = journey.api.post(
        "/api/v1/onboardings/",
        json={"organization": ORGANIZATION, "people": [{"login": login} for login in logins]},
    )
    batch_id = accepted.json()["id"]
    eventually(
        lambda: journey.get(f"onboardings/{batch_id}/")["succeeded"], what="the first success"
    )
    for name in ("worker", "mirror", "web"):
        journey.world.kill(name)
    journey.world.wait_until_ready("web")
    found = onboarded(journey, batch_id)

    assert (accepted.status_code, accepted.json()["total"]) == (202, 28)
    assert (found["succeeded"], found["failed"]) == (24, 4)
    rows = {row["login"]: row for row in found["rows"]}
    assert all(rows[login]["execution_arn"] for login in people)
    assert rows["intake-unknown"]["error"].startswith("PersonUnknown")
    assert rows["no-such-login"]["error"] == "GitHub has no user “no-such-login”."
    assert "names the same person" in rows["INTAKE-3"]["error"]
    assert "has a space in it" in rows["two words"]["error"]
    assert additions(journey) == Counter(people)

    register(journey, "intake-unknown", 99)
    again = journey.api.post(f"/api/v1/onboardings/{batch_id}/retry/")
    found = onboarded(journey, batch_id)

    assert again.status_code == 202
    assert (found["succeeded"], found["failed"]) == (25, 3)
    assert additions(journey) == Counter([*people, "intake-unknown"])
