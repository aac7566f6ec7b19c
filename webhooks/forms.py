"""Input of the pages."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms

from ghkit import route_filters
from webhooks.enums import DeliveryStatus
from webhooks.selectors import Wanted

if TYPE_CHECKING:
    from webhooks.models import RouteFilter


class DeliveryFilter(forms.Form):
    """Which deliveries the list shows; a filter that makes no sense is named and left out."""

    q = forms.CharField(max_length=600, required=False, label="GUID, repository or person")
    status = forms.ChoiceField(
        choices=[("", "All"), *DeliveryStatus.choices], required=False, label="Status"
    )
    event = forms.CharField(max_length=64, required=False, label="Event")
    action = forms.CharField(max_length=100, required=False, label="Action")
    repository = forms.CharField(max_length=255, required=False, label="Repository")
    person = forms.CharField(max_length=255, required=False, label="Person")
    day = forms.DateField(
        required=False, label="Day (UTC)", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def wanted(self) -> Wanted:
        """Return what was asked for and is valid."""
        self.is_valid()
        return Wanted(
            **{name: self.cleaned_data.get(name) or "" for name in _TEXTS}, day=self._day
        )

    @property
    def _day(self) -> Any:
        return self.cleaned_data.get("day")


_TEXTS = ("q", "status", "event", "action", "repository", "person")


class ReplayForm(DeliveryFilter):
    """Which deliveries are to be started again."""

    # What was counted; later arrivals are not meant.
    up_to = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    def problem(self) -> str:
        """Say what is wrong: half a filter would replay what nobody meant."""
        return " ".join(
            f"{self.fields[name].label or name}: {errors[0]}"
            for name, errors in self.errors.items()
        )


class BackfillForm(forms.Form):
    """Which days are to be looked through."""

    first = forms.DateField(
        label="From day (UTC)", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = forms.DateField(
        label="To day (UTC)", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def span(self) -> tuple[datetime, datetime]:
        """Return the beginning of the first day and the end of the last one."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        begins = datetime.combine(first, time(), UTC)
        return begins, datetime.combine(last, time(), UTC) + timedelta(days=1)


class RouteFilterForm(forms.Form):
    """The patterns of a route: for each field what is let in, and what is left out."""

    def __init__(self, *args: Any, event: str, stored: RouteFilter | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = route_filters.FIELDS.get(event, ())
        filters = stored.filter if stored else {}
        for name in self._names:
            both = filters.get(name, route_filters.Patterns())
            for side, label, patterns in (
                ("include", f"Let in these {name} alone", both.include),
                ("exclude", f"Leave out these {name}", both.exclude),
            ):
                self.fields[f"{name}_{side}"] = _PatternsField(
                    label=label, initial="\n".join(patterns), required=False
                )

    @property
    def pairs(self) -> list[tuple[str, Any, Any]]:
        """The fields as they stand beside each other: name, let in, leave out."""
        return [
            (name.capitalize(), self[f"{name}_include"], self[f"{name}_exclude"])
            for name in self._names
        ]

    def filters(self) -> route_filters.Filter:
        """Return the patterns that were written."""
        return {
            name: route_filters.Patterns(
                tuple(self.cleaned_data[f"{name}_include"]),
                tuple(self.cleaned_data[f"{name}_exclude"]),
            )
            for name in self._names
        }


class _PatternsField(forms.CharField):
    """Patterns, one a line."""

    widget = forms.Textarea({"rows": 4, "spellcheck": "false", "autocapitalize": "off"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return [line.strip() for line in (text or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        super().validate(value)
        try:
            route_filters.check_patterns(value)
        except route_filters.BadPattern as exc:
            raise forms.ValidationError(str(exc)) from exc

    def run_validators(self, value: Any) -> None:
        """Nothing more: Django's own look at texts."""
