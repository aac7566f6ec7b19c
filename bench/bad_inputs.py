"""Bad inputs against the real web process: how many, and the worst answer to any of them.

`python -m bench.bad_inputs` (BENCH_INPUTS, 4,000 by default). Each is a good delivery with something
wrong in it, most of them signed, so that they get past the signature. An answer above 4xx, one that
is not JSON, or a connection that breaks although the request was well-formed HTTP, is printed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.parse
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bench.ingest import servers
from bench.ingest.clients import PATH, SECRET
from bench.processes import running
from ghkit import signatures
from scripts.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EXAMPLE = servers.ROOT / "tests/fixtures/github/workflow_run__completed.json"
_TEXTS = [
    "",
    "\x00",
    "\ud800",
    "a\udfff",
    "x" * 70_000,
    "%s",
    "'; --",
    "{}",
    "\N{GRINNING FACE}",
    "😀" * 300,
]
_VALUES: list[Any] = [
    *_TEXTS,
    *(None, True, 0, -1, 2**63, 2**200, 1e308, -0.0, [], {}, [[]], [None] * 1_000, {"": {"": []}}),
]
_HEADERS = [
    b"",
    b"\xff\xfe",
    b"\xc3\xa4",
    b"a" * 8_000,
    b"0",
    b"-1",
    b"sha256=",
    b"{}",
]
_NAMES = [
    *(b"X-GitHub-Event", b"X-GitHub-Delivery", b"X-Hub-Signature-256", b"Content-Type"),
    *(b"X-GitHub-Hook-ID", b"User-Agent", b"Accept-Encoding", b"Content-Encoding", b"Expect"),
]

Request = tuple[list[tuple[bytes, bytes]], bytes]


def main() -> None:
    """Send them all and print one line."""
    count = int(os.environ.get("BENCH_INPUTS", "4000"))
    rng = random.Random(int(os.environ.get("BENCH_SEED", "1")))  # noqa: S311 -- to be repeatable
    with tempfile.TemporaryDirectory(prefix="ghadmin-bad-") as name:
        port, folder = free_port(), Path(name)
        env = servers.environment(f"sqlite:///{folder / 'bad.sqlite3'}", folder, port=port)
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=servers.ROOT, env=env, check=True, stderr=subprocess.DEVNULL)  # noqa: S603
        with running(servers.ours().on(port), port=port, env=env, cwd=servers.ROOT):
            for line in _send_all(port, count, rng):
                sys.stdout.write(json.dumps(line) + "\n")


def _send_all(port: int, count: int, rng: random.Random) -> Iterator[dict[str, object]]:
    statuses: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    with httpx.Client(timeout=60) as client:
        for _number in range(count):
            make = rng.choice(_KINDS)
            headers, body = make(rng)
            kinds[make.__name__.strip("_")] += 1
            try:
                answer = client.post(
                    f"http://127.0.0.1:{port}{PATH}", content=body, headers=headers
                )
                status = answer.status_code
                # What is no HTTP granian itself refuses, without a body.
                is_ours = not answer.content or answer.json().keys() & {"status", "code"}
            except (httpx.TransportError, ValueError) as exc:
                status, is_ours = 0, False
                yield {
                    "bad answer": repr(exc),
                    "kind": make.__name__,
                    "headers": repr(headers)[:300],
                }
            statuses[status] += 1
            if status >= 500 or not is_ours:
                yield {"bad answer": status, "kind": make.__name__, "body": repr(body[:200])}
        good = client.post(
            f"http://127.0.0.1:{port}{PATH}", content=_good_body(), headers=_signed(_good_body())
        )
    yield {
        "figure": "bad inputs tried",
        "value": count,
        "unit": "requests",
        "kinds": dict(kinds),
        "answers": {str(status): number for status, number in sorted(statuses.items())},
        "worst_answer": max(statuses),
        "a_good_delivery_afterwards": good.status_code,
    }


def _good_body() -> bytes:
    return _EXAMPLE.read_bytes()


def _signed(body: bytes, **changes: bytes) -> list[tuple[bytes, bytes]]:
    headers = {
        b"X-GitHub-Event": b"workflow_run",
        b"X-GitHub-Delivery": str(uuid.uuid4()).encode(),
        b"X-GitHub-Hook-ID": b"7",
        b"User-Agent": b"GitHub-Hookshot/bench",
        b"Content-Type": b"application/json",
        b"X-Hub-Signature-256": signatures.sign(SECRET.encode(), body).encode(),
    }
    headers |= {name.encode().replace(b"_", b"-"): value for name, value in changes.items()}
    return list(headers.items())


def _changed_value(rng: random.Random) -> Request:
    """Any value in any place of a good body."""
    payload = json.loads(_good_body())
    place = payload
    while True:
        key = rng.choice(list(place))
        if isinstance(place[key], dict) and place[key] and rng.random() < 0.7:
            place = place[key]
            continue
        place[key] = rng.choice(_VALUES)
        break
    body = json.dumps(payload).encode()
    return _signed(body), body


def _damaged_bytes(rng: random.Random) -> Request:
    """A body that was cut, or in which bytes were changed, then signed."""
    body = bytearray(_good_body())
    for _hit in range(rng.randrange(1, 6)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    if rng.random() < 0.5:
        del body[rng.randrange(len(body)) :]
    return _signed(bytes(body)), bytes(body)


def _random_bytes(rng: random.Random) -> Request:
    body = rng.randbytes(rng.randrange(300))
    return _signed(body), body


def _nesting(rng: random.Random) -> Request:
    depth = rng.choice([10, 1_000, 1_025, 100_000])
    opener, closer = rng.choice([(b"[", b"]"), (b'{"a":', b"}")])
    inner = opener * depth + b"0" + closer * (depth * rng.randrange(2))
    body = b'{"action": "completed", "x": ' + inner + b"}"
    return _signed(body), body


def _repeated_keys(rng: random.Random) -> Request:
    value = json.dumps(rng.choice(_VALUES)).encode()
    body = b'{"action": ' + value + b", " + _good_body().lstrip()[1:].rstrip()[:-1]
    body += b', "repository": ' + value + b"}"
    return _signed(body), body


def _encodings(rng: random.Random) -> Request:
    text = _good_body().decode()
    body = text.encode(rng.choice(["utf-16", "utf-32-le", "utf-8-sig", "utf-7", "cp037"]))
    return _signed(body), body


def _forms(rng: random.Random) -> Request:
    value = rng.choice([_good_body(), b"", b"{", b"\xff", b"[1]", b"\x00"])
    pairs = [
        (rng.choice([b"payload", b"other", b"\xff"]), value) for _pair in range(rng.randrange(4))
    ]
    body = b"&".join(name + b"=" + urllib.parse.quote_plus(text).encode() for name, text in pairs)
    return _signed(body, Content_Type=b"application/x-www-form-urlencoded; charset=x"), body


def _headers(rng: random.Random) -> Request:
    body = _good_body()
    headers = [(name, value) for name, value in _signed(body) if rng.random() < 0.9]
    changes = range(rng.randrange(1, 4))
    headers += [(rng.choice(_NAMES), rng.choice(_HEADERS)) for _change in changes]
    rng.shuffle(headers)
    return headers, body


def _strange_names(rng: random.Random) -> Request:
    body = json.dumps({"action": rng.choice(_TEXTS)}).encode()
    event = rng.choice(["ping", "workflow_run", "a" * 64, "installation", "member", "membership"])
    return _signed(body, X_GitHub_Event=event.encode()), body


def _sizes(rng: random.Random) -> Request:
    size = rng.choice([0, 1, 5_000_000, 25 * 1024 * 1024, 25 * 1024 * 1024 + 1])
    body = b" " * size
    return _signed(body), body


_KINDS: list[Callable[[random.Random], Request]] = [
    *(_changed_value, _changed_value, _changed_value, _damaged_bytes, _damaged_bytes),
    *(_random_bytes, _nesting, _repeated_keys, _encodings, _forms, _headers, _headers),
    *(_strange_names, _strange_names),
]
_KINDS += [kind for kind in _KINDS for _twice in range(4)] + [_sizes]  # few of the large ones


if __name__ == "__main__":
    main()
