"""GitHub's side of the endpoint: keep-alive connections that post bodies under ever new GUIDs.

Plain sockets and one thread: a client in Python must not cost more than the server it measures. The
signature covers the body alone, so it is worked out once for each.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

from ghkit import signatures

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = "only for the benchmark, never elsewhere"  # noqa: S105 -- as it says
PATH = "/webhooks/github/"
TIMEOUT_S = 60.0


@dataclass
class Sent:
    """What the clients saw.

    Attributes:
        seconds: From the first request to the last answer.
        latencies_s: Of each answer; paced clients count from when the request was due.
        statuses: How often each HTTP status was answered; 0 for a connection that broke.
        accepted: The GUIDs that were answered with 202.
    """

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """A percentile of the latencies."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1_000


class _Connection:
    """One keep-alive connection with at most one request on its way; idle while `guid` is empty."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.guid = ""
        self.due = 0.0
        self.answer = b""

    def is_answered(self) -> bool:
        """Read what is there and tell whether the answer is whole."""
        try:
            part = self.socket.recv(65_536)
        except ConnectionError:
            part = b""
        self.answer += part
        head, end, rest = self.answer.partition(b"\r\n\r\n")
        if not part:
            self.answer = b""
            return True
        if not end:
            return False
        lowered = head.lower()
        if b"chunked" in lowered:
            return rest.endswith(b"0\r\n\r\n")
        length = lowered.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return len(rest) >= int(length or 0)

    @property
    def status(self) -> int:
        """The answer's HTTP status, 0 where there was none."""
        return int(self.answer[9:12]) if len(self.answer) > 12 else 0


class Clients:
    """Connections to one server that send bodies again and again, each time as a new delivery."""

    def __init__(
        self,
        *,
        port: int,
        connections: int,
        body: bytes,
        more_bodies: Sequence[bytes] = (),
        secret: str = SECRET,
    ) -> None:
        self._selector = selectors.DefaultSelector()
        self._idle: deque[_Connection] = deque()
        self._busy = 0
        self._sent = Sent()
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n"
            "User-Agent: GitHub-Hookshot/bench\r\nContent-Type: application/json\r\n"
            "X-GitHub-Event: workflow_run\r\nX-GitHub-Hook-ID: 7\r\n"
            "X-GitHub-Hook-Installation-Target-ID: 4241\r\n"
            "X-GitHub-Hook-Installation-Target-Type: integration\r\n"
            "X-Hub-Signature-256: "
        )
        # What stands before and after the GUID.
        self._requests = cycle(
            [
                (
                    f"{head}{signatures.sign(secret.encode(), each)}\r\n"
                    f"Content-Length: {len(each)}\r\nX-GitHub-Delivery: ".encode(),
                    b"\r\n\r\n" + each,
                )
                for each in (body, *more_bodies)
            ]
        )
        self._port = port
        for _number in range(connections):
            self._connect()

    def close(self) -> None:
        """Hang up."""
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()

    def as_fast_as_answered(self, seconds: float) -> Sent:
        """Send on every connection as soon as it is free, for so long."""
        sent = self._sent = Sent()
        began = time.perf_counter()
        while time.perf_counter() < began + seconds:
            while self._idle:
                self._send(due=time.perf_counter())
            self._receive(timeout_s=TIMEOUT_S)
        self._finish()
        sent.seconds = time.perf_counter() - began
        return sent

    def paced(self, *, per_second: float, count: int) -> Sent:
        """Send so many at a steady pace; late ones, for want of a free connection, count as late."""
        sent = self._sent = Sent()
        began, number = time.perf_counter(), 0
        while number < count:
            due = began + number / per_second
            wait_s = due - time.perf_counter()
            if wait_s <= 0 and self._idle:
                self._send(due=due)
                number += 1
            else:
                self._receive(timeout_s=max(0.0, wait_s) if self._idle else TIMEOUT_S)
        self._finish()
        sent.seconds = time.perf_counter() - began
        return sent

    def _send(self, *, due: float) -> None:
        connection = self._idle.popleft()
        connection.guid, connection.due, connection.answer = str(uuid.uuid4()), due, b""
        before, after = next(self._requests)
        with contextlib.suppress(ConnectionError):  # to be read as the end of this connection
            connection.socket.sendall(before + connection.guid.encode() + after)
        self._busy += 1

    def _receive(self, *, timeout_s: float) -> None:
        for key, _events in self._selector.select(timeout_s):
            connection = key.data
            if not connection.is_answered():
                continue
            status = connection.status
            if connection.guid:
                self._count(connection)
            else:
                self._idle.remove(connection)  # an idle one has nothing to say but goodbye
            if status:
                connection.guid = ""
                self._idle.append(connection)
            else:
                self._selector.unregister(connection.socket)
                connection.socket.close()
                self._connect()

    def _connect(self) -> None:
        connection = _Connection(self._port)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._idle.append(connection)

    def _count(self, connection: _Connection) -> None:
        sent = self._sent
        sent.latencies_s.append(time.perf_counter() - connection.due)
        sent.statuses[connection.status] += 1
        if connection.status == 202:
            sent.accepted.append(connection.guid)
        self._busy -= 1

    def _finish(self) -> None:
        ends_at = time.perf_counter() + TIMEOUT_S
        while self._busy and time.perf_counter() < ends_at:
            self._receive(timeout_s=1.0)
        self._sent.statuses[0] += self._busy
