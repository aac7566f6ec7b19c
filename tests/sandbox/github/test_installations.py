"""Where the App is installed."""

import pytest


def test_the_home_organisation_always_has_the_app(services):
    answer = services.get_as_app("/orgs/sandbox-org/installation").json()

    assert (answer["id"], answer["account"]["id"], answer["target_type"]) == (
        4242,
        42,
        "Organization",
    )
    assert answer["permissions"] == {
        "actions": "read",
        "members": "write",
        "metadata": "read",
    }


@pytest.mark.parametrize(
    "path",
    ["/orgs/nobody/installation", "/users/nobody/installation", "/repos/nobody/api/installation"],
)
def test_an_owner_that_was_never_named_has_no_app(services, path):
    answer = services.get_as_app(path)

    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


def test_naming_a_repository_installs_the_app_on_its_owner(services):
    services.put_run({"id": 1, "repository": {"full_name": "other/api"}})

    of_repository = services.get_as_app("/repos/other/api/installation").json()
    of_owner = services.get_as_app("/orgs/other/installation").json()
    of_another = services.get_as_app("/repos/other/web/installation")

    assert of_repository == of_owner
    assert of_owner["account"]["login"] == "other"
    assert of_owner["id"] != 4242
    assert of_another.status_code == 404


def test_logins_and_names_are_found_whatever_their_case(services):
    services.put_run({"id": 1, "repository": {"full_name": "Other/API"}})

    answer = services.get_as_app("/repos/other/api/installation").json()

    assert answer["account"]["login"] == "Other"


def test_a_user_is_no_organisation(services):
    owner = {"login": "octocat", "id": 5, "type": "User"}
    services.put_run({"id": 1, "repository": {"full_name": "octocat/api", "owner": owner}})

    of_user = services.get_as_app("/users/octocat/installation").json()
    of_organisation = services.get_as_app("/orgs/octocat/installation")

    assert (of_user["target_type"], of_user["target_id"]) == ("User", 5)
    assert of_organisation.status_code == 404


def test_an_owner_has_the_same_installation_after_a_reset(services):
    run = {"id": 1, "repository": {"full_name": "other/api"}}
    services.put_run(run)
    before = services.get_as_app("/orgs/other/installation").json()["id"]
    services.order("POST", "/reset")

    services.put_run(run)

    assert services.get_as_app("/orgs/other/installation").json()["id"] == before


def test_every_installation_is_listed_and_found_by_its_id(services):
    services.put_run({"id": 1, "repository": {"full_name": "other/api"}})

    listed = services.get_as_app("/app/installations?per_page=1")
    other = services.get_as_app(listed.links["next"]["url"].removeprefix(services.github))

    everywhere = [row for answer in (listed, other) for row in answer.json()]
    assert sorted(row["account"]["login"] for row in everywhere) == ["other", "sandbox-org"]
    for row in everywhere:
        assert services.get_as_app(f"/app/installations/{row['id']}").json() == row
    assert services.get_as_app("/app/installations/1").status_code == 404


def test_an_installation_lists_what_it_covers(services):
    services.put_run({"id": 1, "repository": {"full_name": "sandbox-org/api"}})
    services.put_run({"id": 2, "repository": {"full_name": "other/web", "private": False}})

    answer = services.get("/installation/repositories").json()

    assert answer["total_count"] == 1
    assert [row["full_name"] for row in answer["repositories"]] == ["sandbox-org/api"]


def test_the_webhook_says_where_it_leads_and_hides_its_secret(services, receiver):
    config = services.get_as_app("/app/hook/config").json()

    assert config == {
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
        "url": receiver.url,
    }
