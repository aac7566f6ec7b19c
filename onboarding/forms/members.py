"""Input of the members' pages."""

from __future__ import annotations

from django import forms

from onboarding.enums import MemberState
from onboarding.selectors.members import Filter


class MemberFilter(forms.Form):
    """Which members the list shows; a filter that makes no sense is named and left out."""

    q = forms.CharField(
        max_length=255,
        required=False,
        label="Login, name or e-mail",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    department = forms.CharField(max_length=255, required=False, label="Department")
    team = forms.CharField(max_length=255, required=False, label="Team")
    state = forms.ChoiceField(
        choices=[("", "All"), *MemberState.choices],
        required=False,
        label="State",
        error_messages={"invalid_choice": "There is no such state: %(value)s."},
    )

    def filter(self) -> Filter:
        """Return what was asked for and is valid."""
        self.is_valid()
        asked = self.cleaned_data
        return Filter(
            search=asked.get("q", ""),
            department=asked.get("department", ""),
            team=asked.get("team", ""),
            state=asked.get("state", ""),
        )
