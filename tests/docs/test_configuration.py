"""docs/configuration.md names every setting, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def read_settings():
    """The names that settings.py reads from the environment."""
    source = (ROOT / "ghadmin" / "settings.py").read_text()
    return set(re.findall(r'(?:env(?:\.[a-z_]+)?|secret)\(\s*"([A-Z_]+)"', source))


def test_the_pattern_finds_each_way_of_reading():
    assert {"SECRET_KEY", "DEBUG", "DATABASE_URL", "LOG_LEVEL"} <= read_settings()


def test_every_setting_is_documented_and_every_documented_one_exists():
    page = (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))

    assert documented == read_settings()


def test_the_example_of_an_environment_uses_only_real_settings():
    names = re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert {name.removesuffix("_FILE") for name in names} <= read_settings()
