"""What benchmarks run in: the sandbox's processes, on free ports, in a folder of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.runner import outside
from sandbox.runner.layout import Layout
from scripts.ports import free_ports

Clients = Callable[[str], Any]

# Waits and retries of machines are not what is measured.
WAIT_SCALE = 0.02


@dataclass(frozen=True)
class Deployed:
    """The stack with the outside world it talks to, and no dashboard."""

    layout: Layout
    client: Clients
    outputs: dict[str, str]
    aws_pid: int


@contextmanager
def emulator(folder: Path) -> Iterator[Clients]:
    """The sandbox's AWS alone; gives boto3's clients by service."""
    layout = layout_in(folder)
    with outside.running(layout, outside.aws_process(layout)):
        yield outside.aws_clients(layout)


@contextmanager
def deployed(folder: Path) -> Iterator[Deployed]:
    """The sandbox's AWS, GitHub and company directory, and the stack deployed."""
    layout = layout_in(folder)
    with outside.deployed(layout) as (aws, outputs):
        yield Deployed(layout, outside.aws_clients(layout), outputs, aws.pid)


def layout_in(folder: Path) -> Layout:
    return Layout(state_dir=folder / "world", base_port=free_ports(5), wait_scale=WAIT_SCALE)
