"""The documentation says what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROSE = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_every_make_target_is_in_contributing():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))

    named = set(re.findall(r"`make ([a-z-]+)`", (ROOT / "CONTRIBUTING.md").read_text()))

    assert targets - named == set()
    assert named - targets == set()


def test_every_link_to_a_file_leads_somewhere():
    dead = [
        (page.name, link)
        for page in PROSE
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / link).exists()
    ]

    assert dead == []


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("*.md"))

    assert numbers == list(range(1, len(numbers) + 1))
