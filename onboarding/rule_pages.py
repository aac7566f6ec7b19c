"""What the pages of team rules show, ready to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.aws.errors import AwsError
from ghkit import team_rules
from ghkit.errors import InvalidPayload
from ghkit.team_rules import EVERYBODY, TeamRules
from onboarding import github_teams
from onboarding.rule_drafts import Draft, RuleChange, compare
from onboarding.selectors import rules as selectors
from onboarding.services import rules as services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

    from ghkit.team_rules import Choice
    from onboarding.github_teams import Teams
    from onboarding.models import RuleSet
    from onboarding.rule_drafts import DraftRow

NOTHING = TeamRules(1, (), ())


@dataclass(frozen=True, slots=True)
class TeamChip:
    """A team beside a rule: `state` is `ok`, `missing`, `synced` or `unchecked`."""

    slug: str
    state: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class EditorRow:
    """A rule as the editor shows it; `number` counts from 1, `matches` counts members."""

    number: int
    row: DraftRow
    teams: list[TeamChip]
    matches: int
    problem: str
    is_first: bool
    is_last: bool

    @property
    def anchor(self) -> str:
        """The row's place on the page; its fields are named after it."""
        return f"rule-{self.number}"

    @property
    def label(self) -> str:
        """What it is called."""
        return f"Rule {self.number}"


@dataclass(frozen=True, slots=True)
class Published:
    """What applies now, as far as it is known.

    Attributes:
        problem: Why DynamoDB's word on it is missing; "" where it is not.
        version: What a draft begins with; 0 where nothing is published.
    """

    ruleset: RuleSet | None
    problem: str
    version: int

    @property
    def rules(self) -> TeamRules:
        """The rules, none where none are published."""
        return self.ruleset.rules if self.ruleset else NOTHING


@dataclass(frozen=True, slots=True)
class Trial:
    """What somebody would get: each rule with whether it applies, and each team with the reason."""

    record: Mapping[str, str]
    choices: list[Choice]
    steps: list[tuple[int, str, bool]]

    @property
    def is_asked(self) -> bool:
        """Whether anything was typed."""
        return any(self.record.values())


@dataclass(frozen=True, slots=True)
class EditorPage:
    """The page "Team rules"."""

    published: Published
    teams: Teams
    default: list[TeamChip]
    rows: list[EditorRow]
    based_on: int
    has_draft: bool
    draft_at: datetime | None
    changes: list[RuleChange]
    meanwhile: list[RuleChange]
    is_overtaken: bool
    effects: selectors.Effects
    suggestions: selectors.Suggestions
    trial: Trial
    problems: list[str] = field(default_factory=list)

    @property
    def next_version(self) -> int:
        """The version that publishing makes."""
        return self.published.version + 1

    @property
    def can_publish(self) -> bool:
        """Whether the draft is different, whole, and names no team that is missing."""
        return bool(self.changes) and not self.problems and not self.is_overtaken


def read(*, now: datetime) -> Published:
    """Ask what is published; where that fails, the latest that was recorded stands in."""
    try:
        ruleset = services.read_published(now=now)
    except services.RulesUnreadable as exc:
        return Published(None, str(exc), exc.version)
    except AwsError as exc:
        latest = selectors.latest_recorded()
        return Published(latest, str(exc), latest.version if latest else 0)
    return Published(ruleset, "", ruleset.version if ruleset else 0)


def editor(
    *,
    user: AbstractBaseUser,
    asked: Mapping[str, str],
    now: datetime,
    is_to_publish: bool = False,
) -> EditorPage:
    """Gather the page "Team rules".

    Args:
        user: Whose draft is edited.
        asked: What the box "Try it" holds: department, title, email.
        now: The present.
        is_to_publish: Whether it decides about publishing: then teams are those of this moment.
    """
    published = read(now=now)
    stored = selectors.find_draft(user=user)
    draft = Draft.from_json(stored.document) if stored else Draft.of(published.rules)
    rules, default_problem = _finished(draft, published.version + 1)
    teams = github_teams.ask(draft.slugs, is_fresh=is_to_publish)
    chips = _chips(draft.slugs, teams)
    found = selectors.effects(old=published.rules, new=rules)
    rows = _rows(draft, chips, found)
    is_overtaken = stored is not None and stored.based_on != published.version
    missing = [chip for chip in chips.values() if chip.state == "missing"]
    return EditorPage(
        published=published,
        teams=teams,
        default=[chips[slug] for slug in draft.default],
        rows=rows,
        based_on=stored.based_on if stored else published.version,
        has_draft=stored is not None,
        draft_at=stored.updated_at if stored else None,
        changes=compare(published.rules, rules),
        meanwhile=_meanwhile(stored.based_on, published) if stored and is_overtaken else [],
        is_overtaken=is_overtaken,
        effects=found,
        suggestions=selectors.suggestions(),
        trial=_trial(rules, asked),
        problems=[
            *([default_problem] if default_problem else []),
            *(f"Rule {row.number}: {row.problem}" for row in rows if row.problem),
            *(f"Team {chip.slug}: {chip.explanation}" for chip in missing),
        ],
    )


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version in the history, with what it changed."""

    ruleset: RuleSet
    changes: list[RuleChange]
    is_current: bool
    rules: TeamRules


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The page of versions; `older_than` leads to the next page, 0 where there is none."""

    published: Published
    lines: list[VersionLine]
    older_than: int


def history(*, before: int | None, now: datetime) -> HistoryPage:
    """Gather a page of versions, the newest first, each compared with the one before it."""
    published = read(now=now)
    found = selectors.versions(before=before)
    shown = found[: selectors.VERSIONS_PAGE]
    lines = [
        VersionLine(
            ruleset=ruleset,
            changes=compare(older.rules if older else None, ruleset.rules),
            is_current=ruleset.version == published.version,
            rules=ruleset.rules,
        )
        for ruleset, older in zip(shown, [*found[1:], None], strict=False)
    ]
    older_than = shown[-1].version if len(found) > len(shown) else 0
    return HistoryPage(published, lines, older_than)


def _finished(draft: Draft, version: int) -> tuple[TeamRules, str]:
    try:
        return draft.finished_rules(version=version), ""
    except InvalidPayload as exc:
        without = Draft(rows=draft.rows).finished_rules(version=version)
        return without, f"Everybody: {exc.problem}."


def _rows(
    draft: Draft, chips: Mapping[str, TeamChip], found: selectors.Effects
) -> list[EditorRow]:
    rows = []
    number_of_rule = 0
    for number, row in enumerate(draft.rows, start=1):
        problem = row.problem()
        matches = 0
        if not problem and not row.is_empty:
            # Rules are numbered without the rows that are none yet.
            number_of_rule += 1
            matches = found.matches.get(number_of_rule, 0)
        rows.append(
            EditorRow(
                number=number,
                row=row,
                teams=[chips[slug] for slug in row.teams],
                matches=matches,
                problem=problem,
                is_first=number == 1,
                is_last=number == len(draft.rows),
            )
        )
    return rows


def _chips(slugs: list[str], teams: Teams) -> dict[str, TeamChip]:
    missing = [slug for slug in slugs if teams.is_known and slug not in teams.names]
    known_once = selectors.known_slugs(missing) if missing else set()
    chips = {}
    for slug in slugs:
        if not teams.is_known:
            chip = TeamChip(slug, "unchecked", "GitHub could not be asked whether it exists.")
        elif slug in known_once:
            chip = TeamChip(slug, "missing", "deleted or renamed at GitHub; members were in it.")
        elif slug not in teams.names:
            chip = TeamChip(slug, "missing", f"{teams.organization} has no such team.")
        elif slug in teams.synced:
            why = "an identity provider decides who is in it, so nobody is added from here."
            chip = TeamChip(slug, "synced", why)
        else:
            chip = TeamChip(slug, "ok")
        chips[slug] = chip
    return chips


def _meanwhile(based_on: int, published: Published) -> list[RuleChange]:
    before = selectors.find_version(based_on)
    return compare(before.rules if before else None, published.rules)


def _trial(rules: TeamRules, asked: Mapping[str, str]) -> Trial:
    steps = [(0, EVERYBODY.capitalize(), bool(rules.default))]
    steps += [
        (number, str(rule), rule.matches(asked)) for number, rule in enumerate(rules.rules, 1)
    ]
    return Trial(asked, team_rules.choose_teams(rules, asked), steps)
