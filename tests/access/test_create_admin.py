"""`manage.py create_admin`: an administrator, made once."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

PASSWORD = "correct-horse-battery"


def create_admin(*arguments):
    out = io.StringIO()
    call_command("create_admin", "root", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return str(path)


@pytest.mark.django_db
def test_it_creates_an_administrator_who_can_sign_in(client, password_file):
    said = create_admin("--password-file", password_file)

    user = User.objects.get()
    assert said == "root: created"
    assert (user.username, user.is_active, user.is_superuser) == ("root", True, True)
    assert client.login(username="root", password=PASSWORD)


@pytest.mark.django_db
def test_running_it_again_changes_nothing(password_file):
    create_admin("--password-file", password_file)
    before = User.objects.values().get()

    said = create_admin("--password-file", password_file)

    assert said == "root: unchanged"
    assert User.objects.values().get() == before


@pytest.mark.django_db
def test_it_brings_an_existing_account_back_to_life(password_file):
    User.objects.create_user("root", password="forgotten-long-ago", is_active=False)

    said = create_admin("--password-file", password_file)

    user = User.objects.get()
    assert said == "root: updated"
    assert (user.is_active, user.is_superuser, user.check_password(PASSWORD)) == (True, True, True)


@pytest.mark.django_db
def test_the_password_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("GHADMIN_ADMIN_PASSWORD", PASSWORD)

    create_admin()

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.django_db
def test_the_password_may_come_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))

    create_admin("--password-stdin")

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "complaint"),
    [("", "No password"), ("12345678", "too common"), ("short", "too short")],
)
def test_a_missing_or_weak_password_creates_nobody(monkeypatch, given, complaint):
    monkeypatch.setenv("GHADMIN_ADMIN_PASSWORD", given)

    with pytest.raises(CommandError, match=complaint):
        create_admin()

    assert User.objects.count() == 0


@pytest.mark.django_db
def test_an_unreadable_password_file_is_named(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        create_admin("--password-file", str(tmp_path / "absent"))
