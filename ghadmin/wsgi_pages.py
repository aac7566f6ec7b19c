"""A WSGI application under RSGI: Django's pages in threads, beside an endpoint that needs none.

Django's own ASGI handler collects synchronous streaming answers first and gives each request a
thread of its own, which defeats persistent database connections. Here a fixed number of threads
keeps theirs. A request takes a thread once its body is there, so that slow senders hold none.

What is long is made into a temporary file before any of it is sent. granian sends a file as fast as it
is read and not faster, whereas it takes all parts of a stream into memory at once, however slowly they
are read. So whoever downloads over a slow line holds neither a thread nor memory; and what fails while
it is made is a page that says so, not half a file that looks whole.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from granian.rsgi import ProtocolClosed

from core.rsgi import read_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import WSGIApplication

    from granian.rsgi import HTTPProtocol, Scope

log = structlog.get_logger(__name__)

# More than any form of ours takes: Django's own limits are stricter and say what is wrong.
MAX_BODY_BYTES = 32 * 1024 * 1024
# What is shorter is sent in one piece.
FILE_FROM_BYTES = 1024 * 1024
# granian opens the file as soon as it is given it. Ours is kept open a while longer, for it has no name
# but that: so it is gone with the last of the two, also when this process dies.
FILE_HELD_S = 60.0

_Start = tuple[int, list[tuple[str, str]]]


_TOO_LARGE = (
    f"No more than {MAX_BODY_BYTES // 1024**2} MB are taken at once, and nothing of it was kept. "
    "Is it the right file? Otherwise send it in parts."
)


class WsgiPages:
    """Calls the application in one of its threads for each request."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(settings.WEB_THREADS, "pages")

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        try:
            body = await _read_body(scope, protocol)
            if body is None:
                _refuse_too_large(scope, protocol)
                await read_on(protocol)
                return
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(
                self._threads, self._respond, environ_of(scope, body), protocol, loop
            )
        except ProtocolClosed:
            return  # nobody is there to be answered
        except Exception:
            # Django answers its own errors: this one is of the application around it.
            log.exception("pages.failed", path=scope.path)
            protocol.response_str(500, [("content-type", "text/plain")], "Server error.\n")

    def _respond(
        self, environ: dict[str, Any], protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop
    ) -> None:
        # All in this one thread, and to the end: Django's database connections belong to a thread,
        # and close() is what tells Django that the request is over.
        started: list[_Start] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: object = None
        ) -> Callable[[bytes], object]:
            started[:] = [(int(status[:3]), [(name.lower(), value) for name, value in headers])]
            return lambda _data: None  # PEP 3333's write(), which Django never calls

        answer = self._application(environ, start_response)
        try:
            parts = iter(answer)
            head, is_whole = _first_part(parts)
            status, headers = started[0]
            if environ["REQUEST_METHOD"] == "HEAD":
                protocol.response_empty(status, headers)
            elif is_whole:
                protocol.response_bytes(status, headers, head)
            else:
                file = _file_of(itertools.chain((head,), parts))
                length = [("content-length", str(file.tell()))]
                file.seek(0)  # where opening /dev/fd is no more than a copy of ours
                protocol.response_file(status, headers + length, f"/dev/fd/{file.fileno()}")
                loop.call_soon_threadsafe(loop.call_later, FILE_HELD_S, file.close)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Translate a request into PEP 3333's environment."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _latin1(scope.path),
        "QUERY_STRING": _latin1(scope.query_string),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # Underscores are not GitHub's, a browser's or a proxy's: with them somebody could write a
        # second X-Forwarded-Proto that WSGI cannot tell from the proxy's.
        if "_" in name or name == "content-length":
            continue
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        before = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}" if key in environ else ""
        environ[key] = before + _latin1(value)
    if scope.authority:  # HTTP/2 has it in place of a Host header
        environ.setdefault("HTTP_HOST", scope.authority)
    return environ


def _refuse_too_large(scope: Scope, protocol: HTTPProtocol) -> None:
    # Without Django's handlers: a request without its body would be another one.
    if scope.path.startswith("/api/"):
        error = {"code": "body_too_large", "message": _TOO_LARGE, "fields": {}}
        protocol.response_str(413, [("content-type", "application/json")], json.dumps(error))
        return
    headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
    ]
    protocol.response_str(413, headers, render_to_string("413.html", {"message": _TOO_LARGE}))


async def _read_body(scope: Scope, protocol: HTTPProtocol) -> bytes | None:
    """Read the whole body, or return None where it is larger than anything of ours."""
    length = scope.headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return await protocol() if int(length) <= MAX_BODY_BYTES else None
    parts, size = [], 0
    async for part in protocol:
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
    return b"".join(parts)


def _first_part(parts: Iterator[bytes]) -> tuple[bytes, bool]:
    """Take what is sent in one piece; the flag says that this is all."""
    taken, size = [], 0
    for part in parts:
        taken.append(part)
        size += len(part)
        if size >= FILE_FROM_BYTES:
            return b"".join(taken), False
    return b"".join(taken), True


def _file_of(parts: Iterable[bytes]) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- whoever sends it closes it
    try:
        file.writelines(parts)
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def _latin1(text: str) -> str:
    """Write a text as WSGI wants it: its UTF-8 bytes, each as one character."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
