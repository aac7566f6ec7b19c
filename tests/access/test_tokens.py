"""API tokens: issued once, kept as a hash, refused in time; the page and the commands for them."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.urls import reverse

from access import services
from access.models import ApiToken

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def issue(user, name="ci", lifetime=None, now=NOON):
    return services.issue_token(user=user, name=name, lifetime=lifetime, now=now)


def test_only_the_hash_of_a_token_is_stored(ada):
    token, secret = issue(ada)

    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret.startswith("ghadmin_")
    assert len(secret) == len("ghadmin_") + 43
    assert stored["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(stored)
    assert stored["shown"] == secret[:12]


def test_two_tokens_never_share_a_secret(ada):
    assert issue(ada, "one")[1] != issue(ada, "two")[1]


def test_a_token_is_found_by_its_secret_alone(ada):
    token, secret = issue(ada)
    issue(ada, "other")

    assert services.find_token(secret=secret, now=NOON) == token
    assert services.find_token(secret=token.digest, now=NOON) is None
    assert services.find_token(secret=secret[:-1], now=NOON) is None
    assert services.find_token(secret="", now=NOON) is None


def test_a_token_stops_at_the_moment_it_expires(ada):
    _, secret = issue(ada, lifetime=timedelta(days=1))
    end = NOON + timedelta(days=1)

    assert services.find_token(secret=secret, now=end - timedelta(microseconds=1)) is not None
    assert services.find_token(secret=secret, now=end) is None


def test_the_token_of_an_inactive_account_is_refused(ada):
    _, secret = issue(ada)
    User.objects.update(is_active=False)

    assert services.find_token(secret=secret, now=NOON) is None


def test_last_use_is_written_at_most_once_a_minute(ada, django_assert_num_queries):
    token, secret = issue(ada)
    with django_assert_num_queries(2):
        services.find_token(secret=secret, now=NOON)
    with django_assert_num_queries(1):
        services.find_token(secret=secret, now=NOON + timedelta(seconds=59))
    token.refresh_from_db()
    first = token.last_used_at
    services.find_token(secret=secret, now=NOON + timedelta(seconds=60))

    token.refresh_from_db()
    assert first == NOON
    assert token.last_used_at == NOON + timedelta(seconds=60)


def test_a_busy_database_does_not_refuse_a_token(ada, monkeypatch):
    token, secret = issue(ada)

    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", locked)

    assert services.find_token(secret=secret, now=NOON) == token


def test_a_name_is_used_once_a_user(ada):
    bob = User.objects.create_user("bob")
    issue(ada)

    with pytest.raises(services.TokenNameTaken, match="“ci”"):
        issue(ada)

    issue(bob)
    assert ApiToken.objects.count() == 2


def test_the_page_shows_a_new_secret_once(client, ada):
    client.force_login(ada)
    url = reverse("access:token-list")

    created = client.post(url, {"name": "nightly", "lifetime_days": "90"})
    listed = client.get(url)

    secret = created.context["secret"]
    token = ApiToken.objects.get()
    assert created.status_code == 201
    assert "no-store" in created["Cache-Control"]
    assert secret in created.content.decode()
    assert secret not in listed.content.decode()
    assert token.shown in listed.content.decode()
    assert services.find_token(secret=secret, now=datetime.now(UTC)) == token
    assert token.expires_at - token.created_at == timedelta(days=90)


def test_reloading_the_answer_creates_no_second_token(client, ada):
    client.force_login(ada)
    form = {"name": "nightly", "lifetime_days": "0"}
    client.post(reverse("access:token-list"), form)

    again = client.post(reverse("access:token-list"), form)

    assert again.status_code == 422
    assert again.context["secret"] is None
    assert list(again.context["form"].errors) == ["name"]
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    "form", [{}, {"name": " ", "lifetime_days": "90"}, {"name": "x", "lifetime_days": "7"}]
)
def test_a_form_that_is_not_valid_creates_nothing(client, ada, form):
    client.force_login(ada)

    response = client.post(reverse("access:token-list"), form)

    assert response.status_code == 422
    assert ApiToken.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_queries_however_long(
    client, ada, count, django_assert_num_queries
):
    client.force_login(ada)
    for n in range(count):
        issue(ada, f"token {n}")

    with django_assert_num_queries(3):  # session, user, tokens
        response = client.get(reverse("access:token-list"))

    assert [row.name for row in response.context["tokens"]] == [
        f"token {n}" for n in reversed(range(count))
    ]


def test_a_revoked_token_is_refused_at_once(client, ada):
    client.force_login(ada)
    token, secret = issue(ada)
    kept, kept_secret = issue(ada, "kept")

    response = client.post(reverse("access:token-revoke", args=[token.public_id]), follow=True)

    assert "Revoked “ci”" in response.content.decode()
    assert services.find_token(secret=secret, now=NOON) is None
    assert services.find_token(secret=kept_secret, now=NOON) == kept


def test_nobody_sees_or_revokes_anothers_token(client, ada):
    token, _ = issue(User.objects.create_user("bob"), "bobs-secret-project")
    client.force_login(ada)

    page = client.get(reverse("access:token-list")).content.decode()
    theirs = client.post(reverse("access:token-revoke", args=[token.public_id]), follow=True)
    nobodys = client.post(reverse("access:token-revoke", args=[uuid4()]), follow=True)

    assert "bobs-secret-project" not in page
    assert ApiToken.objects.count() == 1
    assert [str(m) for m in theirs.context["messages"]] == [
        str(m) for m in nobodys.context["messages"]
    ]


def test_revoking_needs_a_post(client, ada):
    client.force_login(ada)
    token, _ = issue(ada)

    assert client.get(reverse("access:token-revoke", args=[token.public_id])).status_code == 405
    assert ApiToken.objects.count() == 1


def test_the_command_prints_a_working_token_alone(ada, capsys):
    call_command("create_api_token", "ada", "--name", "demo", "--stdout")

    secret = capsys.readouterr().out.strip()
    assert services.find_token(secret=secret, now=datetime.now(UTC)).name == "demo"


def test_the_command_writes_a_file_that_others_cannot_read(ada, tmp_path, capsys):
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)

    call_command("create_api_token", "ada", "--name", "demo", "--token-file", str(path))

    secret = path.read_text().strip()
    assert path.stat().st_mode & 0o777 == 0o600
    assert services.find_token(secret=secret, now=datetime.now(UTC)).name == "demo"
    assert secret not in capsys.readouterr().out


def test_the_command_replaces_a_token_only_when_told_to(ada, capsys):
    _, old = issue(ada, "demo")
    arguments = ["create_api_token", "ada", "--name", "demo", "--stdout"]

    with pytest.raises(CommandError, match="--replace"):
        call_command(*arguments)
    kept = services.find_token(secret=old, now=NOON)
    call_command(*arguments, "--replace")

    assert kept is not None
    assert services.find_token(secret=old, now=NOON) is None
    assert (
        services.find_token(secret=capsys.readouterr().out.strip(), now=datetime.now(UTC))
        is not None
    )


def test_the_command_knows_no_account_that_does_not_exist(db):
    with pytest.raises(CommandError, match="no account named bob"):
        call_command("create_api_token", "bob", "--name", "x", "--stdout")


@time_machine.travel(NOON, tick=False)
def test_the_command_takes_a_lifetime(ada):
    call_command("create_api_token", "ada", "--name", "x", "--stdout", "--days", "7")

    assert ApiToken.objects.get().expires_at == NOON + timedelta(days=7)
