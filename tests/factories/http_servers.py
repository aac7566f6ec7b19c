"""Servers of a test's own, over real HTTP."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """What was asked: `path` with its query, `headers` whatever their case, `body` as it came."""

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The decoded body; None where there is none."""
        return json.loads(self.body or b"null")


Answer = tuple[int, Mapping[str, str], Any]
"""Status, headers and body: bytes and text as they are, None for nothing, the rest as JSON."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextlib.contextmanager
def serving(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """Let `answer` answer, each request in a thread of its own, until the block ends; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.command, self.path, self.headers, body)
            status, headers, told = answer(request)
            data = _bytes(told)
            # Whoever gave up waiting has closed the connection.
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = answer  # noqa: N815 -- the server's names

        def log_message(self, *_arguments: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        # It looks so often whether it is to stop.
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _bytes(told: Any) -> bytes:
    if told is None:
        return b""
    if isinstance(told, bytes):
        return told
    return told.encode() if isinstance(told, str) else json.dumps(told).encode()
