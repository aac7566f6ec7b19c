"""Team rules: every version that was published, and what each admin is editing.

What is published is one item of TeamRulesTable, and that item is the truth: a version is recorded
here after it was written there, and one that was not recorded (the process died in between) is when
the item is next read. Versions are never changed.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from ghkit import team_rules
from ghkit.team_rules import TeamRules


class RuleSet(models.Model):
    """One published version."""

    version = models.PositiveBigIntegerField(primary_key=True)
    # As `ghkit.team_rules.to_text` writes it and TeamRulesTable has it.
    text = models.TextField()
    published_at = models.DateTimeField()
    # A user's name, as the item has it: it outlives the account.
    published_by = models.CharField(max_length=255, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="ruleset_version"),
        ]

    def __str__(self) -> str:
        return f"team rules, version {self.version}"

    @property
    def rules(self) -> TeamRules:
        """The rules themselves; whoever recorded the version has read them once."""
        return team_rules.parse_rules(self.text)


class RuleDraft(models.Model):
    """What one admin is editing; it may be unfinished."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    # `onboarding.rule_drafts.Draft.to_json`.
    document = models.JSONField()
    # The version that it began with, or that its owner has seen since; 0 where there was none.
    based_on = models.PositiveBigIntegerField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.user_id}"
