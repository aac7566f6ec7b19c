"""No page offers a button that would be refused."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from access import services
from access.enums import Role
from access.models import Change
from access.roles import need_of
from tests.access.test_roles import NOON
from tests.browser.world import furnish
from tests.factories.accounts import account

MORE_PAGES = [
    "/account/tokens/",
    "/account/password/",
    "/directory/",
    "/team-rules/",
    "/team-rules/history/",
    "/deliveries/set-up/",
    "/executions/find/?arn=arn:aws:states:us-east-1:1:execution:workflow-cost:none",
]


class Offers(HTMLParser):
    """Where the forms and buttons of a page would post to."""

    def __init__(self, path, html):
        super().__init__()
        self.path, self.targets = path, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and given.get("method") == "post":
            self.targets.append(given.get("action") or self.path)
        if "hx-post" in given:
            self.targets.append(given["hx-post"])


def refused_offers(client, user, pages):
    """{page: targets} of what `user` is offered and would be refused; and how much is offered."""
    refused, offered = {}, 0
    for page in pages:
        answer = client.get(page)
        assert answer.status_code < 500, page
        targets = Offers(page, answer.content.decode()).targets
        offered += len(targets)
        views = {target: resolve(urlsplit(target).path).func for target in targets}
        if bad := [
            target for target, view in views.items() if not need_of(view).allows(user, "POST")
        ]:
            refused[page] = bad
    return refused, offered


@pytest.mark.django_db
def test_no_page_offers_what_the_role_does_not_allow(client, monkeypatch):
    world = furnish(monkeypatch)
    pages = [*world.pages.values(), *MORE_PAGES]
    offered = {}
    for role in Role:
        user = account(f"one-{role}", role)
        client.force_login(user)

        refused, offered[role] = refused_offers(client, user, pages)

        assert (role, refused) == (role, {})
    # Each step up is offered more: the pages were not simply empty.
    assert offered[Role.VIEWER] < offered[Role.OPERATOR] < offered[Role.ADMIN]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_accounts_and_audit_are_there_for_administrators_alone(client, role):
    client.force_login(account("vera", role))
    denied = [client.get(path) for path in ("/accounts/", "/audit/")]
    menu = client.get("/executions/").content.decode()

    assert [answer.status_code for answer in denied] == [403, 403]
    assert "This takes the role administrator" in denied[0].content.decode()
    assert "/accounts/" not in menu
    assert f"Signed in as {role} <strong>vera</strong>" in menu


@pytest.mark.django_db
def test_an_administrator_creates_an_account_and_its_password_is_shown_once(client):
    client.force_login(account("root"))

    created = client.post("/accounts/", {"username": "otto", "role": "operator"})
    password = created.context["revealed"]["password"]
    again = client.post("/accounts/", {"username": "Otto", "role": "viewer"})
    listed = client.get("/accounts/").content.decode()

    assert (created.status_code, again.status_code) == (201, 422)
    assert password in created.content.decode()
    assert password not in listed
    assert "There is an account named “Otto” already." in again.content.decode()
    assert client.login(username="otto", password=password)
    assert client.get("/accounts/").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"username": "two words", "role": "viewer"}, "username"),
        ({"username": "x" * 151, "role": "viewer"}, "username"),
        ({"username": "", "role": "viewer"}, "username"),
        ({"username": "otto", "role": "owner"}, "role"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_by_field(client, sent, field):
    client.force_login(account("root"))

    answer = client.post("/accounts/", sent)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


@pytest.mark.django_db
def test_a_role_a_door_and_a_password_are_changed_from_the_list(client):
    client.force_login(account("root"))
    otto = account("otto@octo/home", "viewer", password="forgotten")

    client.post("/accounts/otto@octo/home/role/", {"role": "operator"})
    client.post("/accounts/otto@octo/home/shut/")
    otto.refresh_from_db()
    shut = (otto.is_staff, otto.is_superuser, otto.is_active)
    client.post("/accounts/otto@octo/home/open/")
    reset = client.post("/accounts/otto@octo/home/password/")
    otto.refresh_from_db()

    assert shut == (True, False, False)
    assert otto.is_active
    assert otto.check_password(reset.context["revealed"]["password"])
    assert client.get("/accounts/").status_code == 200
    assert [change.did for change in Change.objects.all()] == ["change an account"] * 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/accounts/nobody/role/", {"role": "viewer"}, 404),
        ("/accounts/root/sing/", {}, 404),
        ("/accounts/root/role/", {"role": "owner"}, 302),
    ],
)
def test_what_makes_no_sense_changes_no_account(client, path, sent, status):
    root = account("root")
    client.force_login(root)

    assert client.post(path, sent).status_code == status
    root.refresh_from_db()
    assert root.is_superuser


@pytest.mark.django_db
def test_the_last_administrator_stays_one(client):
    root = account("root")
    account("gone", is_active=False)
    client.force_login(root)

    demoted = client.post("/accounts/root/role/", {"role": "viewer"}, follow=True)
    shut = client.post("/accounts/root/shut/", follow=True)
    root.refresh_from_db()

    for answer in (demoted, shut):
        assert "the only active administrator" in answer.content.decode()
    assert (root.is_superuser, root.is_active) == (True, True)
    account("grace")
    services.set_role(username="root", role=Role.VIEWER)
    root.refresh_from_db()
    assert not root.is_superuser


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_cost_the_same_queries_whatever_their_length(
    client, django_assert_num_queries, rows
):
    root = account("root")
    client.force_login(root)
    for number in range(rows):
        other = account(f"user-{number}", "viewer")
        services.open_change(services.Deed(other, "", "sign in", "/", NOON))

    with django_assert_num_queries(3):  # session, account, accounts
        client.get("/accounts/")
    with django_assert_num_queries(3):  # session, account, changes
        client.get("/audit/")


@pytest.mark.django_db
def test_the_audit_is_read_by_account_and_by_what_was_refused(client):
    client.force_login(account("root"))
    otto = account("otto", "viewer")
    done = services.open_change(services.Deed(otto, "nightly", "sign in", "/x/", NOON))
    services.close_change(done)
    services.note_refusal(services.Deed(otto, "nightly", "stop an execution", "/x/", NOON))
    otto.delete()

    def shown(query):
        return [change.did for change in client.get(f"/audit/{query}").context["changes"]]

    assert shown("") == ["stop an execution", "sign in"]
    assert shown("?show=refused") == ["stop an execution"]
    assert shown("?account=otto&show=refused") == ["stop an execution"]
    assert shown("?account=root") == []
    assert shown("?account=%00") == ["stop an execution", "sign in"]
    assert "token “nightly”" in client.get("/audit/?account=otto").content.decode()
