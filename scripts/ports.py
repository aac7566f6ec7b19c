"""Ports of this machine: free ones for scratch servers, and waiting for who listens on them."""

import contextlib
import random
import socket
import time

_HOST = "127.0.0.1"
# Below the range from which Linux takes the ports of outgoing connections (32768 and up): there,
# any connection of anybody may take a port between its choice and its use.
_RANGE = range(20_000, 32_000)
# Not `random` itself, which tests seed.
_random = random.SystemRandom()


def free_ports(count: int) -> int:
    """Choose free ports in a row for this process; returns the first.

    Raises:
        RuntimeError: There are no such.
    """
    for _attempt in range(1_000):
        first = _random.randrange(_RANGE.start, _RANGE.stop - count)
        if _claim(range(first, first + count)):
            return first
    message = f"no {count} free ports in a row"
    raise RuntimeError(message)


def free_port() -> int:
    """Choose a free port for this process."""
    return free_ports(1)


def wait_for_port(port: int, seconds: float = 120) -> None:
    """Wait until somebody listens.

    Raises:
        TimeoutError: Nobody did.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((_HOST, port), 1):
            return
        time.sleep(0.1)
    message = f"nothing listens on port {port} after {seconds:.0f} s"
    raise TimeoutError(message)


def _claim(ports: range) -> bool:
    """Whether nobody listens on any of these and no process like ours has chosen one.

    A server starts a while after its port was chosen. Until this process ends, UDP sockets of the
    same numbers tell others who choose that these are taken.
    """
    with contextlib.ExitStack() as probes:
        claims = []
        try:
            for port in ports:
                probes.enter_context(socket.socket()).bind((_HOST, port))
                claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                probes.enter_context(claim).bind((_HOST, port))
                claims.append(claim)
        except OSError:
            return False
        for claim in claims:
            claim.detach()  # stays open without an object that would close it
    return True
