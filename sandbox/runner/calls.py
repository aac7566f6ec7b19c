"""Calls to the sandbox's control API and to the dashboard's REST, as the seed makes them."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

from sandbox.runner.world import World


def call(method: str, url: str, body: object = None, *, token: str = "") -> Any:
    """Ask and return the decoded answer.

    Raises:
        RuntimeError: The answer is a refusal; the text says which.
    """
    request = urllib.request.Request(  # noqa: S310 -- loopback
        url,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 -- loopback
            return json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        message = f"{method} {url}: {error.code} {error.read().decode(errors='replace')}"
        raise RuntimeError(message) from error


def wait_until_idle(world: World, seconds: float = 60) -> None:
    """Wait until no delivery waits and no execution runs; go on after so many seconds anyway."""
    token = world.layout.api_token_file.read_text().strip()
    url = f"{world.layout.dashboard_url}/api/v1/executions/?status=RUNNING"
    deliveries = f"{world.layout.dashboard_url}/api/v1/deliveries/?status=waiting"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if not any(call("GET", page, token=token)["results"] for page in (url, deliveries)):
            return
