"""Input of the pages; what makes no sense is named on the page and left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from costs.enums import Measure
from costs.periods import NotAMonth, parse_month

if TYPE_CHECKING:
    from datetime import date


class MonthField(forms.Field):
    """A month as `YYYY-MM`."""

    def to_python(self, value: Any) -> date | None:
        """Read it."""
        if value in self.empty_values:
            return None
        try:
            return parse_month(str(value))
        except NotAMonth as exc:
            raise forms.ValidationError(str(exc)) from exc


class Filter(forms.Form):
    """What a page is asked for."""

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for and makes sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def problems(self) -> list[str]:
        """What is to be said about the rest."""
        return [str(text) for texts in self.errors.values() for text in texts]


class MonthFilter(Filter):
    """What every page of months is asked for."""

    month = MonthField(required=False)
    measure = forms.ChoiceField(
        choices=Measure.choices,
        required=False,
        error_messages={"invalid_choice": "A chart is by list, billed or minutes."},
    )


class OverviewFilter(MonthFilter):
    """What the page of all repositories is asked for."""

    q = forms.CharField(max_length=255, required=False, label="Repository")
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)


class RepositoryFilter(MonthFilter):
    """What the page of one repository is asked for."""

    sku = forms.CharField(max_length=64, required=False)
    day = forms.DateField(
        input_formats=["%Y-%m-%d"],
        required=False,
        error_messages={"invalid": "A day is written as YYYY-MM-DD, for example 2026-01-31."},
    )


class RunFilter(Filter):
    """Which attempt of a run is shown with its jobs."""

    attempt = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
