"""Which teams a newcomer gets: the published rules, read, checked and applied.

The rules are one JSON text, `{"version": 3, "default": [slug, …], "rules": [{"when": {"department":
"Engineering"}, "teams": [slug, …]}, …]}`. The default always applies, then every rule that matches,
in order; a team given twice is given once. A rule with several conditions needs all of them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from ghkit.errors import InvalidPayload

Condition: TypeAlias = Literal["department", "title", "email_domain"]

CONDITIONS: Final[tuple[Condition, ...]] = get_args(Condition)
"""What a rule can ask for, in the order in which it is told."""

TEXT_MAX_CHARS: Final = 255
"""Longest value of a condition, and longest slug."""

RULES_MAX_BYTES: Final = 64 * 1024
"""Longest text of published rules: a state machine carries it beside all else in 256 KiB."""

VERSION_MAX: Final = 2**53 - 1
"""Largest number that every JSON reader on the way keeps exact."""

EVERYBODY: Final = "everybody gets it"

_WORDS: Final = {"department": "department", "title": "title", "email_domain": "e-mail domain"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the rules.

    Attributes:
        when: What must hold, all of it, in the order of `CONDITIONS`; never empty.
        teams: Slugs of what it gives, each once, in order; never empty.
    """

    when: tuple[tuple[Condition, str], ...]
    teams: tuple[str, ...]

    def matches(self, record: Mapping[str, object]) -> bool:
        """Tell whether the record meets every condition; an absent field meets none."""
        return all(_fold(_value(record, key)) == _fold(wanted) for key, wanted in self.when)

    def __str__(self) -> str:
        return " and ".join(f"{_WORDS[key]} is {wanted}" for key, wanted in self.when)


@dataclass(frozen=True, slots=True)
class TeamRules:
    """All rules of one published version, from 1 up."""

    version: int
    default: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def slugs(self) -> list[str]:
        """Every team that somebody may get, each once, in order."""
        given = [*self.default, *(slug for rule in self.rules for slug in rule.teams)]
        return list(dict.fromkeys(given))


@dataclass(frozen=True, slots=True)
class Choice:
    """A team that somebody gets.

    Attributes:
        because: Why, in words fit for a page: "everybody gets it; rule 2: title is Lead".
        rules: The numbers of the rules that give it, from 1, in order; 0 stands for the default.
    """

    slug: str
    because: str
    rules: tuple[int, ...]


def choose_teams(rules: TeamRules, record: Mapping[str, object]) -> list[Choice]:
    """Choose the teams of one person, in the order in which the rules name them.

    Texts are compared without case, outer or repeated spaces, and however an accent is encoded.
    A sub-domain is another domain.

    Args:
        rules: What is published.
        record: Of the company directory; `department`, `title` and `email` are looked at, and
            what is missing or no text matches nothing.
    """
    reasons: dict[str, dict[int, str]] = {slug: {0: EVERYBODY} for slug in rules.default}
    for number, rule in enumerate(rules.rules, start=1):
        if rule.matches(record):
            for slug in rule.teams:
                reasons.setdefault(slug, {})[number] = f"rule {number}: {rule}"
    return [
        Choice(slug=slug, because="; ".join(why.values()), rules=tuple(why))
        for slug, why in reasons.items()
    ]


def parse_rules(text: str) -> TeamRules:
    """Read the text of published rules.

    Raises:
        InvalidPayload: It is no such text; `field` names the culprit, e.g. `rules[2].when.title`.
    """
    if len(text.encode("utf-8", "surrogatepass")) > RULES_MAX_BYTES:
        raise InvalidPayload("team rules", f"expected at most {RULES_MAX_BYTES} bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidPayload("team rules", "expected JSON") from exc
    return read_rules(document)


def read_rules(document: object) -> TeamRules:
    """Read rules that are JSON already, as `to_document` writes them.

    Keys of the whole that nobody knows are left alone. In a rule they are refused: to overlook a
    condition would give teams to people who were never meant to have them.

    Raises:
        InvalidPayload: See `parse_rules`.
    """
    root = _object(document, "team rules")
    version = root.get("version")
    # JSON's true is no number, though Python counts it as one.
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidPayload("version", "expected a whole number")
    if not 1 <= version <= VERSION_MAX:
        raise InvalidPayload("version", f"expected a number from 1 to {VERSION_MAX}")
    return TeamRules(
        version=version,
        default=_slugs(root.get("default", []), "default"),
        rules=tuple(
            _rule(raw, f"rules[{index}]")
            for index, raw in enumerate(_list(root.get("rules", []), "rules"))
        ),
    )


def to_document(rules: TeamRules) -> dict[str, Any]:
    """Write rules as the JSON that `read_rules` reads back unchanged."""
    return {
        "version": rules.version,
        "default": list(rules.default),
        "rules": [{"when": dict(rule.when), "teams": list(rule.teams)} for rule in rules.rules],
    }


def to_text(rules: TeamRules) -> str:
    """Write rules as the text that is published; equal rules give equal texts.

    Raises:
        InvalidPayload: They are longer than `RULES_MAX_BYTES`.
    """
    # Escaped to ASCII, so that no name can break an encoding on the way.
    text = json.dumps(to_document(rules), separators=(",", ":"))
    if len(text) > RULES_MAX_BYTES:
        raise InvalidPayload("team rules", f"expected at most {RULES_MAX_BYTES} bytes")
    return text


def _rule(value: object, field: str) -> Rule:
    raw = _object(value, field)
    _refuse_unknown(raw, ("when", "teams"), field)
    when = _object(raw.get("when"), f"{field}.when")
    _refuse_unknown(when, CONDITIONS, f"{field}.when")
    if not when:
        raise InvalidPayload(
            f"{field}.when", "expected a condition; for everybody use the default"
        )
    teams = _slugs(raw.get("teams"), f"{field}.teams")
    if not teams:
        raise InvalidPayload(f"{field}.teams", "expected a team")
    return Rule(
        when=tuple(
            (key, _wanted(key, when[key], f"{field}.when.{key}"))
            for key in CONDITIONS
            if key in when
        ),
        teams=teams,
    )


def _wanted(key: Condition, value: object, field: str) -> str:
    text = _text(value, field)
    if key == "email_domain":
        # People write "@acme.com" and mean the domain.
        text = text.removeprefix("@").strip().lower()
        if "@" in text:
            raise InvalidPayload(field, "expected a domain, not an address")
    if not _fold(text):
        raise InvalidPayload(field, "expected a text that is not empty")
    return text


def _slugs(value: object, field: str) -> tuple[str, ...]:
    slugs = [_slug(raw, f"{field}[{index}]") for index, raw in enumerate(_list(value, field))]
    return tuple(dict.fromkeys(slugs))


def _slug(value: object, field: str) -> str:
    # GitHub makes slugs of names; here only what would break a URL or an attribute's name is
    # refused. It compares them without case.
    slug = _text(value, field).lower()
    if not slug or any(character.isspace() or character in "/?#%" for character in slug):
        raise InvalidPayload(field, "expected a team's slug")
    return slug


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidPayload(field, "expected a text")
    text = value.strip()
    if len(text) > TEXT_MAX_CHARS:
        raise InvalidPayload(field, f"expected at most {TEXT_MAX_CHARS} characters")
    if not text.isprintable():
        # Lone surrogates, NUL and line breaks: what stores or shows the rules may choke on them.
        raise InvalidPayload(field, "expected a text that can be printed")
    return text


def _list(value: object, field: str) -> list[object]:
    if not isinstance(value, list):
        raise InvalidPayload(field, "expected a list")
    return value


def _object(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidPayload(field, "expected an object")
    return value


def _refuse_unknown(raw: Mapping[str, Any], known: tuple[str, ...], field: str) -> None:
    for key in raw:
        if key not in known:
            raise InvalidPayload(field, f"expected nothing but {', '.join(known)}")


def _value(record: Mapping[str, object], key: Condition) -> str:
    """Find what a condition looks at; "" where the record has none."""
    value = record.get("email" if key == "email_domain" else key)
    if not isinstance(value, str):
        return ""
    if key == "email_domain":
        return value.rpartition("@")[2] if "@" in value else ""
    return value


def _fold(text: str) -> str:
    """Bring texts that people take for the same to one spelling; folding twice changes nothing."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())
