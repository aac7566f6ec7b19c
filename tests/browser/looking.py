"""What the browser tests look with: a guard on the console and the network, axe, a camera."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

HERE = Path(__file__).resolve().parent
SHOTS = HERE.parent.parent / "test-results" / "screens"
SIZES: dict[str, Any] = {
    "wide": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
AXE = (HERE / "vendor" / "axe-core" / "axe.min.js").read_text("utf-8")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Not ours to mend: Swagger UI's own colours and roles. All that it shows is also in /api/schema/.
FOREIGN = [["#swagger-ui"]]


@dataclass
class Guard:
    """What the browser complained about, less what the test expects.

    A console error or warning, an uncaught error, a request that failed or was answered 4xx or 5xx,
    and a violation of the Content Security Policy.
    """

    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Expect complaints that match, for example `409`."""
        self.allowed.append(pattern)

    def watch(self, page: Page) -> None:
        """Listen to a page; CSP violations come as console errors."""
        page.on("console", lambda m: self._note(f"console {m.type}: {m.text}", m.type))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        page.on(
            "response",
            lambda r: self.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None,
        )

    def _note(self, text: str, kind: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def _failed(self, request: Any) -> None:
        # Leaving a page cuts its polling off; nobody misses the answer.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"{request.failure} {request.url}")

    def unexpected(self) -> list[str]:
        """List the complaints that the test did not allow."""
        return [c for c in self.complaints if not any(re.search(a, c) for a in self.allowed)]


def axe_faults(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """Run axe on what the page shows now; each fault with its first element."""
    # Injected by the debugger's own door: a script tag would rightly be blocked by the policy.
    page.evaluate(AXE)
    report = page.evaluate(
        "async ([rules, exclude]) =>"
        " (await axe.run({include: [['html']], exclude}, {runOnly: rules})).violations",
        [AXE_RULES, FOREIGN],
    )
    return [
        f"{v['id']} ({len(v['nodes'])} times): {v['nodes'][0]['html'][:160]} | "
        + json.dumps([c["message"] for c in v["nodes"][0]["any"] + v["nodes"][0]["all"]])[:300]
        for v in report
        if v["id"] not in without
    ]


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page under test-results/ for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
