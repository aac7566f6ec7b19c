"""Child processes that are started again when they die, and die when we do."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_AFTER_S = 15
_RESTART_PAUSE_S = 0.5
# A process that ends so often while it is waited for will not come up.
_MOST_RESTARTS = 5
# Loaded before the fork: between fork and exec only the call itself is safe.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ProcessFailed(Exception):
    """A process of the sandbox did not come up; its log says why."""


@dataclass
class Process:
    """One child: how to start it, and where its output goes."""

    name: str
    command: Sequence[str | os.PathLike[str]]
    env: Mapping[str, str]
    log: Path
    ready_url: str = ""
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    restarts: int = 0

    def start(self, cwd: Path) -> None:
        """Start it, in a session of its own, so that Ctrl-C reaches us alone."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [os.fspath(part) for part in self.command],
                cwd=cwd,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Only a prctl, and libc is loaded already: nothing here takes a lock.
                preexec_fn=_die_with_parent,  # noqa: PLW1509
            )

    @property
    def pid(self) -> int:
        """The running child's id."""
        if self.popen is None:
            message = f"{self.name} has not been started"
            raise ProcessFailed(message)
        return self.popen.pid

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Wait until it answers at `ready_url`.

        Raises:
            ProcessFailed: It does not answer in time, or keeps ending.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.restarts < _MOST_RESTARTS:
            with contextlib.suppress(OSError):
                if _answers(self.ready_url):
                    return
            time.sleep(0.05)
        message = f"{self.name} did not come up. {self.log} says:\n{_tail(self.log)}"
        raise ProcessFailed(message)


class Supervisor:
    """Keeps processes running until it is closed."""

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd
        self._processes: dict[str, Process] = {}
        self._lock = threading.RLock()
        self._closing = threading.Event()
        # PR_SET_PDEATHSIG fires when the *thread* that forked ends: starts happen in the thread
        # that created the supervisor or in the watcher, which both live as long as the children.
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def start(self, process: Process) -> Process:
        """Start a process and keep it running."""
        with self._lock:
            process.start(self._cwd)
            self._processes[process.name] = process
        return process

    def __getitem__(self, name: str) -> Process:
        return self._processes[name]

    def __contains__(self, name: str) -> bool:
        return name in self._processes

    def kill(self, name: str) -> None:
        """Kill -9 a process with all its children; it will be started again."""
        process = self._processes[name]
        process.restarts = 0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """Stop one process for good."""
        with self._lock:
            process = self._processes.pop(name)
        _stop([process])

    def close(self) -> None:
        """Stop all, the youngest first."""
        self._closing.set()
        self._watcher.join(timeout=5)
        with self._lock:
            processes = list(reversed(self._processes.values()))
            self._processes.clear()
        _stop(processes)

    def _watch(self) -> None:
        while not self._closing.wait(_RESTART_PAUSE_S):
            with self._lock:
                for process in self._processes.values():
                    if process.popen is not None and process.popen.poll() is not None:
                        process.restarts += 1
                        process.start(self._cwd)


def _stop(processes: Sequence[Process]) -> None:
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_AFTER_S
    for process in processes:
        if process.popen is None:
            continue
        try:
            process.popen.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL, group=True)
            process.popen.wait(timeout=5)


def _signal(process: Process, number: signal.Signals, *, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(process.pid, number)


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 -- loopback
            return bool(response.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500


def _tail(path: Path, lines: int = 30) -> str:
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def run_once(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    env: Mapping[str, str],
) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        ProcessFailed: It ended with another code than 0.
    """
    done = subprocess.run(
        [os.fspath(part) for part in command],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{command} failed:\n{done.stdout}{done.stderr}"
        raise ProcessFailed(message)
    return done.stdout
