"""Editing, publishing and restoring team rules."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db import transaction

from core.aws import dynamodb, stack
from core.aws.errors import ConditionFailed
from core.errors import Conflict, DomainError
from ghkit import team_rules
from ghkit.errors import InvalidPayload
from ghkit.timestamps import parse_timestamp, timestamp_text
from onboarding.models import RuleDraft, RuleSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

    from ghkit.team_rules import TeamRules
    from onboarding.rule_drafts import Draft

log = structlog.get_logger(__name__)

ITEM_KEY: Final = {"id": "published"}
NOTE_MAX_CHARS: Final = 500


class RulesUnfinished(DomainError):
    """A rule of the draft lacks something, or names a team that is not there."""

    code = "rules_unfinished"
    status_code = 422


class RulesChanged(Conflict):
    """Somebody else published meanwhile; the draft is as it was."""

    code = "rules_changed"


class RulesUnreadable(DomainError):
    """What stands in TeamRulesTable are no team rules: publish or restore some over it.

    Attributes:
        version: The number that it bears, to publish after; 0 where it bears none.
    """

    code = "rules_unreadable"
    status_code = 500

    def __init__(self, reason: str, version: int) -> None:
        super().__init__(f"What stands in TeamRulesTable are no team rules ({reason}).")
        self.version = version


def read_published(*, now: datetime) -> RuleSet | None:
    """Read what is published, and record it here where that has not been done.

    Args:
        now: Stands for when it was published, where the item does not say.

    Returns:
        The version in TeamRulesTable, which is the truth; None before the first.

    Raises:
        RulesUnreadable: Something else stands there.
        AwsError: It could not be asked.
    """
    item = dynamodb.get_item(stack.output("TeamRulesTable"), ITEM_KEY)
    return None if item is None else _record(_ruleset(item, now))


@transaction.atomic
def save_draft(*, user: AbstractBaseUser, draft: Draft, based_on: int, now: datetime) -> None:
    """Keep what an admin has edited, finished or not.

    Args:
        user: Whose draft.
        draft: All of it.
        based_on: The version that a new draft begins with; an existing one keeps its own.
        now: The present.
    """
    fields = {"document": draft.to_json(), "updated_at": now}
    RuleDraft.objects.update_or_create(
        user_id=user.pk, defaults=fields, create_defaults={**fields, "based_on": based_on}
    )


def discard_draft(*, user: AbstractBaseUser) -> None:
    """Forget what an admin has edited."""
    RuleDraft.objects.filter(user_id=user.pk).delete()


def accept_published(*, user: AbstractBaseUser, version: int) -> None:
    """Note that an admin has seen what was published meanwhile and will publish over it."""
    RuleDraft.objects.filter(user_id=user.pk).update(based_on=version)


def publish(
    *, user: AbstractBaseUser, draft: Draft, based_on: int, note: str, now: datetime
) -> RuleSet:
    """Publish a draft as the version after `based_on`, in one step, and forget the draft.

    Raises:
        RulesUnfinished: A row is no rule, or all of them are too long.
        RulesChanged: `based_on` is no longer what is published; the draft is kept.
        AwsError: Nothing is known to have been published; the draft is kept.
    """
    if not draft.is_finished:
        message = "Some rules are not finished: the editor says which and why."
        raise RulesUnfinished(message)
    try:
        rules = draft.finished_rules(version=based_on + 1)
    except InvalidPayload as exc:
        message = f"These are no rules: {exc}."
        raise RulesUnfinished(message) from exc
    published = _publish(rules, user=user, note=note, now=now)
    discard_draft(user=user)
    return published


def restore(*, user: AbstractBaseUser, version: int, based_on: int, now: datetime) -> RuleSet:
    """Publish an old version as a new one; drafts stay as they are.

    Raises:
        RulesChanged: `based_on` is no longer what is published.
        RuleSet.DoesNotExist: There never was such a version.
        AwsError: As in `publish`.
    """
    old = RuleSet.objects.get(version=version).rules
    rules = team_rules.TeamRules(based_on + 1, old.default, old.rules)
    return _publish(rules, user=user, note=f"Restores version {version}.", now=now)


def _publish(rules: TeamRules, *, user: AbstractBaseUser, note: str, now: datetime) -> RuleSet:
    try:
        text = team_rules.to_text(rules)
    except InvalidPayload as exc:
        message = f"These rules are too long: {exc.problem} as JSON. Fewer rules may say the same."
        raise RulesUnfinished(message) from exc
    item = {
        **ITEM_KEY,
        "version": rules.version,
        "published_at": timestamp_text(now),
        "published_by": user.get_username(),
        "note": note.strip()[:NOTE_MAX_CHARS],
        "rules": text,
    }
    table = stack.output("TeamRulesTable")
    expected = {"version": rules.version - 1 or None}
    try:
        dynamodb.put_item(table, item, expected=expected)
    except ConditionFailed as exc:
        # Our own first try may have got through and its answer got lost.
        there = dynamodb.get_item(table, ITEM_KEY)
        if there != item:
            raise _changed(there) from exc
    # Were the process to die here, `read_published` would record it.
    published = _record(_ruleset(item, now))
    log.info("onboarding.rules_published", version=rules.version, user_id=user.pk)
    return published


def _changed(there: Mapping[str, Any] | None) -> RulesChanged:
    if there is None:
        return RulesChanged("The published rules are gone from DynamoDB. Look at the page anew.")
    who = there.get("published_by") or "Somebody"
    return RulesChanged(
        f"{who} published version {there.get('version')} meanwhile. Your draft is kept: compare,"
        " then publish again."
    )


def _ruleset(item: Mapping[str, Any], now: datetime) -> RuleSet:
    try:
        text = str(item["rules"])
        version = team_rules.parse_rules(text).version
    except (KeyError, InvalidPayload) as exc:
        number = item.get("version")
        raise RulesUnreadable(str(exc), int(number) if isinstance(number, Decimal) else 0) from exc
    published_at = now
    with suppress(InvalidPayload):
        published_at = parse_timestamp(item.get("published_at"), field="published_at")
    return RuleSet(
        version=version,
        text=text,
        published_at=published_at,
        published_by=str(item.get("published_by") or "")[:255],
        note=str(item.get("note") or "")[:NOTE_MAX_CHARS],
    )


def _record(fresh: RuleSet) -> RuleSet:
    """Keep a version unless it is known; a page that looks must not take SQLite's write lock."""
    stored = RuleSet.objects.filter(version=fresh.version).first()
    if stored is not None and stored.text == fresh.text:
        return stored
    if stored is not None:
        # Somebody wrote the item by other means and reused a number: what applies is what is there.
        log.warning("onboarding.rules_rewritten", version=fresh.version)
    fields = ("text", "published_at", "published_by", "note")
    RuleSet.objects.bulk_create(
        [fresh], update_conflicts=True, unique_fields=["version"], update_fields=fields
    )
    return fresh
