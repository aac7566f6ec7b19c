"""Team rules as they are being edited: rows that may be unfinished, and how two versions differ.

Pure: `ghkit.team_rules` says what rules are; here is what stands between it and a form.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ghkit import team_rules
from ghkit.errors import InvalidPayload
from ghkit.team_rules import CONDITIONS, Rule, TeamRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROWS_MAX: Final = 200
"""Rules on one page; the text that is published has a limit of its own."""

_Keys: TypeAlias = list[tuple[str, int]]

_MISSING_CONDITION: Final = "Say whom it is for: a department, a title or an e-mail domain."
_MISSING_TEAM: Final = "Choose a team."
_NAMES: Final = {"department": "Department", "title": "Title", "email_domain": "E-mail domain"}


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A rule that may be unfinished; an empty condition asks for nothing."""

    department: str = ""
    title: str = ""
    email_domain: str = ""
    teams: tuple[str, ...] = ()

    @property
    def when(self) -> dict[str, str]:
        """The conditions that are filled in."""
        return {key: value for key in CONDITIONS if (value := getattr(self, key).strip())}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was filled in yet: such a row is left out."""
        return not self.when and not self.teams

    def problem(self) -> str:
        """Say what keeps it from being a rule; "" where nothing does."""
        if self.is_empty:
            return ""
        if not self.when:
            return _MISSING_CONDITION
        if not self.teams:
            return _MISSING_TEAM
        try:
            team_rules.read_rules({"version": 1, "rules": [self.as_rule()]})
        except InvalidPayload as exc:
            name = _NAMES.get(exc.field.rpartition(".")[2], "Team")
            return f"{name}: {exc.problem}."
        return ""

    def as_rule(self) -> dict[str, Any]:
        """Write it as the published rules have it."""
        return {"when": self.when, "teams": list(self.teams)}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an editor holds."""

    default: tuple[str, ...] = ()
    rows: tuple[DraftRow, ...] = ()

    @classmethod
    def of(cls, rules: TeamRules | None) -> Draft:
        """Begin with what is published."""
        if rules is None:
            return cls()
        rows = tuple(DraftRow(**dict(rule.when), teams=rule.teams) for rule in rules.rules)
        return cls(rules.default, rows)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Draft:
        """Read what `to_json` wrote."""
        rows = tuple(DraftRow(**(row | {"teams": tuple(row["teams"])})) for row in raw["rows"])
        return cls(tuple(raw["default"]), rows)

    def to_json(self) -> dict[str, Any]:
        """Write it as it is stored."""
        rows = [
            {key: getattr(row, key) for key in CONDITIONS} | {"teams": list(row.teams)}
            for row in self.rows
        ]
        return {"default": list(self.default), "rows": rows}

    @property
    def slugs(self) -> list[str]:
        """Every team that it names, each once, in order."""
        named = [*self.default, *(slug for row in self.rows for slug in row.teams)]
        return list(dict.fromkeys(named))

    @property
    def is_finished(self) -> bool:
        """Whether every row is a rule."""
        return not any(row.problem() for row in self.rows)

    def finished_rules(self, *, version: int) -> TeamRules:
        """Return the rules of all rows that are finished; the others are left out.

        Raises:
            InvalidPayload: A team of the default cannot be one.
        """
        rows = [row for row in self.rows if not row.is_empty and not row.problem()]
        document = {
            "version": version,
            "default": list(self.default),
            "rules": [row.as_rule() for row in rows],
        }
        return team_rules.read_rules(document)

    def with_row_added(self) -> Draft:
        """Add an empty row at the end, as long as there is room."""
        return replace(self, rows=(*self.rows, DraftRow())) if len(self.rows) < ROWS_MAX else self

    def without_row(self, index: int) -> Draft:
        """Take a row away."""
        kept = tuple(row for place, row in enumerate(self.rows) if place != index)
        return replace(self, rows=kept)

    def with_row_moved(self, index: int, by: int) -> Draft:
        """Move a row up (-1) or down (1); at the ends nothing happens."""
        other = index + by
        if not (0 <= index < len(self.rows) and 0 <= other < len(self.rows)):
            return self
        rows = list(self.rows)
        rows[index], rows[other] = rows[other], rows[index]
        return replace(self, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class RuleChange:
    """How one rule differs.

    Attributes:
        kind: `added`, `removed`, `changed` (its teams) or `moved` (its place alone).
        label: Whom it is for, or "Everybody" for the default.
    """

    kind: str
    label: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = field(default=())


def compare(old: TeamRules | None, new: TeamRules) -> list[RuleChange]:
    """List what has to change in `old` to make it `new`, in the order of the new rules."""
    old = old or TeamRules(new.version, (), ())
    changes = []
    if set(old.default) != set(new.default):
        changes.append(_change("changed", "Everybody", old.default, new.default))
    old_rules, new_rules = _keyed(old.rules), _keyed(new.rules)
    stayed = [key for key in new_rules if key in old_rules]
    was_order = [key for key in old_rules if key in new_rules]
    moved = _moved(was_order, stayed)
    for key, rule in new_rules.items():
        before = old_rules.get(key)
        if before is None:
            changes.append(_change("added", str(rule), (), rule.teams))
        elif set(before.teams) != set(rule.teams):
            changes.append(_change("changed", str(rule), before.teams, rule.teams))
        elif key in moved:
            changes.append(_change("moved", str(rule), rule.teams, rule.teams))
    changes += [
        _change("removed", str(rule), rule.teams, ())
        for key, rule in old_rules.items()
        if key not in new_rules
    ]
    return changes


def _change(kind: str, label: str, old: Iterable[str], new: Iterable[str]) -> RuleChange:
    old, new = list(old), list(new)
    return RuleChange(
        kind,
        label,
        added=tuple(slug for slug in new if slug not in old),
        removed=tuple(slug for slug in old if slug not in new),
        kept=tuple(slug for slug in new if slug in old),
    )


def _keyed(rules: Iterable[Rule]) -> dict[tuple[str, int], Rule]:
    """Key rules by whom they are for; of several for the same the first, second, … meet."""
    seen: Counter[str] = Counter()
    keyed = {}
    for rule in rules:
        key = str(rule).casefold()
        keyed[key, seen[key]] = rule
        seen[key] += 1
    return keyed


def _moved(old: _Keys, new: _Keys) -> set[tuple[str, int]]:
    """Find the fewest rules whose moving makes the old order the new one.

    What stays in place is a longest common subsequence, here of two orders of the same keys.
    """
    place = {key: index for index, key in enumerate(old)}
    best: list[_Keys] = []
    for key in new:
        before = [chain for chain in best if place[chain[-1]] < place[key]]
        best.append([*_longest(before), key])
    return set(new) - set(_longest(best))


def _longest(chains: list[_Keys]) -> _Keys:
    found: _Keys = []
    for chain in chains:
        if len(chain) > len(found):
            found = chain
    return found
