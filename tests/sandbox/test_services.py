"""The process: what it needs to start, and what outlives it."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox import snapshot
from sandbox.control.mailbox import Mailbox
from sandbox.directory.records import Records
from sandbox.github.state import GitHub
from sandbox.services import BadSetting, Settings
from sandbox.snapshot import PAUSE_PER_SAVE, PAUSE_S, Kept, Saver, UnreadableSnapshot
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
RUN = {"id": 7, "repository": {"full_name": "sandbox-org/api"}, "name": "Build"}


def fill(services):
    """Give the process something of everything that it keeps; return what it says of it."""
    services.put_run(RUN, {"1": [{"id": 1}], "2": [{"id": 2}]})
    services.put_person("ada", id=7, org_member=True, company={"department": "Research"})
    services.put_person("bob", id=8, invited_at=datetime.now(UTC).isoformat())
    services.put_person("eve", id=9, invited_at="2026-01-01T00:00:00Z")
    services.put_team("everyone", members=["ada", "bob"], idp_synced=True)
    services.order("POST", "/webhooks", {"event": "ping", "payload": {"zen": "é"}, "lose": True})
    services.order("POST", "/sns", {"Type": "Notification", "Message": "m", "Timestamp": "t"})
    return what_is_kept(services, services.token())


def what_is_kept(services, token):
    [delivery] = services.get_as_app("/app/hook/deliveries").json()
    run = "/repos/sandbox-org/api/actions/runs/7"
    jobs = services.get(f"{run}/jobs?filter=all", token=token).json()["jobs"]
    return {
        "token": token,
        "run": services.get(run, token=token).json()["name"],
        "jobs": [(job["id"], job["run_attempt"]) for job in jobs],
        "delivery": services.get_as_app(f"/app/hook/deliveries/{delivery['id']}").json(),
        "people": [services.get(f"/user/{one}", token=token).json()["login"] for one in (7, 8, 9)],
        "invitations": [
            (row["id"], row["login"], row["created_at"], row["failed_at"])
            for which in ("invitations", "failed_invitations")
            for row in services.get(f"/orgs/sandbox-org/{which}", token=token).json()
        ],
        "synced": services.get("/orgs/sandbox-org/teams/everyone/external-groups").json(),
        "in_team": services.order("GET", "/teams/everyone/members").json(),
        "company": services.ask_directory("/people/ada").json(),
        "mails": services.order("GET", "/mails").json(),
    }


def test_everything_is_there_again_after_a_restart(start_services, tmp_path):
    file = tmp_path / "state.json"
    with start_services(SANDBOX_STATE_FILE=str(file)) as services:
        before = fill(services)

    with start_services(SANDBOX_STATE_FILE=str(file)) as services:
        after = what_is_kept(services, before["token"])
        services.order("POST", "/webhooks", {"event": "ping", "payload": {}, "lose": True})
        newest = services.get_as_app("/app/hook/deliveries").json()[0]

    assert after == before
    assert len(before["in_team"]) == 2
    assert newest["id"] > before["delivery"]["id"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_even_a_killed_process_has_saved_what_is_a_moment_old(start_services, tmp_path):
    file = tmp_path / "state.json"
    with start_services(SANDBOX_STATE_FILE=str(file)) as services:
        before = fill(services)
        eventually(lambda: file.exists() and before["token"] in file.read_text())
        services.process.kill()

    with start_services(SANDBOX_STATE_FILE=str(file)) as services:
        assert what_is_kept(services, before["token"]) == before


def test_both_listeners_are_on_loopback_alone(services):
    ports = {
        url.rpartition(":")[2] for url in (services.github, services.control, services.directory)
    }
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    sockets = [line.split()[1:4] for line in table]

    bound = {
        int(port, 16): address
        for address, port in (local.split(":") for local, _, state in sockets if state == "0A")
        if str(int(port, 16)) in ports
    }

    assert len(bound) == 3
    # 127.0.0.1, in the kernel's byte order.
    assert set(bound.values()) == {"0100007F"}


def test_each_port_answers_for_its_own_service_alone(services):
    assert requests.get(f"{services.control}/meta", timeout=60).status_code == 404
    assert requests.get(f"{services.github}/healthz", timeout=60).status_code == 404


GOOD = {
    "SANDBOX_GITHUB_PORT": "0",
    "SANDBOX_CONTROL_PORT": "0",
    "SANDBOX_DIRECTORY_PORT": "0",
    "SANDBOX_DIRECTORY_TOKEN": "t",
    "SANDBOX_APP_ID": "1",
    "SANDBOX_APP_PUBLIC_KEY_FILE": "public.pem",
    "SANDBOX_WEBHOOK_URL": "http://127.0.0.1:9/",
    "GITHUB_WEBHOOK_SECRET": "s",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9/",
}


@pytest.fixture
def in_a_folder_with_keys(tmp_path, monkeypatch, app_key):
    (tmp_path / "public.pem").write_text(app_key.public)
    (tmp_path / "no-key.pem").write_text("no key")
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "curve.pem").write_bytes(pem)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_a_folder_with_keys")
def test_settings_are_read_from_the_environment():
    settings = Settings.read(GOOD)

    assert (settings.app_id, settings.aws_url) == (1, "http://127.0.0.1:9")
    assert settings.state_file is None


@pytest.mark.usefixtures("in_a_folder_with_keys")
@pytest.mark.parametrize(
    ("environ", "error"),
    [
        *(({name: ""}, f"{name} is not set") for name in GOOD),
        ({"SANDBOX_APP_ID": "Iv1.abc"}, "SANDBOX_APP_ID: expected a whole number, got 'Iv1.abc'"),
        ({"SANDBOX_APP_PUBLIC_KEY_FILE": "no-key.pem"}, "no-key.pem: not a public key in PEM"),
        ({"SANDBOX_APP_PUBLIC_KEY_FILE": "curve.pem"}, "curve.pem: not an RSA key"),
    ],
)
def test_a_setting_of_no_use_is_named(environ, error):
    with pytest.raises(BadSetting) as raised:
        Settings.read(GOOD | environ)

    assert str(raised.value).startswith(error)


def test_a_start_that_fails_says_why_in_one_line():
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox.services"],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "sandbox.services: SANDBOX_GITHUB_PORT is not set\n"


@pytest.mark.parametrize("content", ["{", '{"format": 0}', "[]", '{"format": 1}'])
def test_a_file_that_is_no_snapshot_is_refused_and_left_alone(tmp_path, content):
    file = tmp_path / "state.json"
    file.write_text(content)

    with pytest.raises(UnreadableSnapshot, match=r"state\.json: "):
        Kept(GitHub(), Records(), Mailbox()).load(file)

    assert file.read_text() == content


def test_a_large_state_is_saved_seldom(tmp_path, monkeypatch):
    kept = Kept(GitHub(), Records(), Mailbox())
    clock, pauses = [0.0], []

    def write_slowly(path, content):
        clock[0] += 2.0

    async def sleep(seconds):
        pauses.append(seconds)
        kept.github.put_run(run=RUN, attempts={}, now=datetime.now(UTC))
        if len(pauses) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(snapshot, "write", write_slowly)
    saver = Saver(tmp_path / "state.json", kept, clock=lambda: clock[0])

    with ThreadPoolExecutor(1) as pool, pytest.raises(asyncio.CancelledError):
        pool.submit(lambda: asyncio.run(saver.run(sleep))).result()

    assert pauses == [PAUSE_S, 2.0 * PAUSE_PER_SAVE, 2.0 * PAUSE_PER_SAVE]
