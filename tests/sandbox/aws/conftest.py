"""One emulator that tests share, and others for tests that stop, kill or change theirs."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.sandbox.aws.emulators import Emulator

StartEmulator = Callable[..., Emulator]


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    environ = {
        # None of these may reach anybody.
        "GITHUB_WEBHOOK_SECRET": "secret",
        "DATABASE_URL": "sqlite://",
        "BIND_HOST": "0.0.0.0",  # noqa: S104 -- to be ignored
    }
    emulator = Emulator(tmp_path_factory.mktemp("aws") / "state", environ).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """An emulator without faults or limits; what a test creates in it has names of its own."""
    shared_emulator.control("POST", "reset").raise_for_status()
    return shared_emulator


@pytest.fixture
def start_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartEmulator]:
    """Starts an emulator of the test's own, with more environment if given."""
    emulators: list[Emulator] = []
    folder = tmp_path_factory.mktemp("own")
    numbers = count()

    def start(**environ: Any) -> Emulator:
        values = {name: str(value) for name, value in environ.items()}
        emulators.append(Emulator(folder / f"state{next(numbers)}", values))
        return emulators[-1].start()

    yield start
    for emulator in emulators:
        emulator.kill()
