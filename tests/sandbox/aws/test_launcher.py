"""`python -m sandbox.aws` starts where it may, and says why where it does not."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

from sandbox.runner.layout import ROOT, emulator_python
from scripts.ports import free_port
from tests.sandbox.aws.emulators import Emulator

StartEmulator = Callable[..., Emulator]


def launch(python: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own program
        [python, "-m", "sandbox.aws"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_another_ministack_is_refused(tmp_path: Path) -> None:
    # The application's environment has none at all.
    ended = launch(Path(sys.executable), STATE_DIR=str(tmp_path / "state"))

    assert ended.returncode == 1
    assert ended.stderr.startswith("sandbox.aws needs ministack 1.5.33 and found none. Install")


def test_folder_in_use_is_refused(emulator: Emulator) -> None:
    ended = launch(
        emulator_python(), STATE_DIR=str(emulator.state_dir), GATEWAY_PORT=str(free_port())
    )

    assert ended.returncode == 1
    assert f"Another emulator already uses {emulator.state_dir}." in ended.stderr


def test_port_in_use_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    ended = launch(
        emulator_python(), STATE_DIR=str(tmp_path / "other"), GATEWAY_PORT=str(emulator.port)
    )

    assert ended.returncode == 1
    assert "address already in use" in ended.stderr.lower()


def test_unknown_gap_is_refused(tmp_path: Path) -> None:
    ended = launch(
        emulator_python(), STATE_DIR=str(tmp_path / "state"), SANDBOX_AWS_WITHOUT="redrive,nope"
    )

    assert ended.returncode == 1
    assert "nope: not one of lambda_errors," in ended.stderr


def test_listens_on_loopback_alone(emulator: Emulator) -> None:
    assert emulator.environ["BIND_HOST"] == "0.0.0.0"  # noqa: S104 -- was ignored
    listening = []

    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        host, port = local.split(":")
        if state == "0A" and int(port, 16) == emulator.port:
            listening.append(socket.inet_ntoa(bytes.fromhex(host)[::-1]))

    assert listening == ["127.0.0.1"]


def test_leftovers_of_a_killed_emulator_are_cleared_away(start_emulator: StartEmulator) -> None:
    emulator = start_emulator()
    leftover = emulator.state_dir / "tmp" / "ministack-lambda-x"
    leftover.mkdir()
    emulator.kill()

    emulator.start()

    assert not leftover.exists()


def test_connection_outlives_a_thousand_requests(emulator: Emulator) -> None:
    connection = HTTPConnection("127.0.0.1", emulator.port, timeout=60)
    with closing(connection):
        connection.connect()
        socket_of_the_first = connection.sock

        for _ in range(1_050):
            connection.request("GET", "/_ministack/ready")
            connection.getresponse().read()

        assert connection.sock is socket_of_the_first


def test_long_poll_does_not_hold_up_a_stop(start_emulator: StartEmulator) -> None:
    emulator = start_emulator()
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]

    def poll() -> None:
        with suppress(Exception):
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)

    threading.Thread(target=poll, daemon=True).start()

    # The poll would last for 20 s.
    assert emulator.end(signal.SIGINT) < 15
