"""Input of the pages."""

from functools import partial
from typing import Any

from django import forms

from executions.enums import ExecutionStatus, Took
from executions.selectors import ATTENTION_CHOICES, EventFilter, Filter

_Moment = partial(forms.DateTimeInput, attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class ExecutionFilter(forms.Form):
    """Which executions the list shows; a filter that makes no sense is named and left out."""

    status = forms.ChoiceField(
        choices=[("", "All"), *ExecutionStatus.choices], required=False, label="Status"
    )
    state_machine = forms.CharField(max_length=80, required=False, label="Workflow")
    subject = forms.CharField(max_length=255, required=False, label="Subject")
    delivery = forms.UUIDField(required=False, label="Delivery")
    attention = forms.ChoiceField(
        choices=[("", "All failures"), *ATTENTION_CHOICES], required=False, label="Attention"
    )
    error = forms.CharField(max_length=256, required=False, label="Error")
    took = forms.TypedChoiceField(
        choices=[("", "Any duration"), *Took.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label="Took",
    )
    started_after = forms.DateTimeField(
        required=False, label="Started from (UTC)", widget=_Moment()
    )
    started_before = forms.DateTimeField(
        required=False, label="Started before (UTC)", widget=_Moment()
    )
    family = forms.UUIDField(required=False, label="Kind of failure", widget=forms.HiddenInput)
    parent = forms.CharField(
        max_length=512, required=False, label="Started by (ARN)", widget=forms.HiddenInput
    )
    q = forms.CharField(
        max_length=512,
        required=False,
        label="Search",
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "owner/repository, name, delivery or ARN"}
        ),
    )

    def __init__(self, data: Any = None) -> None:
        if data is not None and data.get("status"):  # AWS's words, in whatever case
            data = data.copy()
            data["status"] = data["status"].upper()
        super().__init__(data)

    def filter(self) -> Filter:
        """Return what was asked for and is valid."""
        self.is_valid()
        asked = self.cleaned_data
        return Filter(
            status=asked.get("status", ""),
            state_machine=asked.get("state_machine", ""),
            subject=asked.get("subject", ""),
            delivery=asked.get("delivery"),
            attention=asked.get("attention", ""),
            error=asked.get("error", ""),
            took=asked.get("took"),
            started_after=asked.get("started_after"),
            started_before=asked.get("started_before"),
            family=asked.get("family"),
            parent=asked.get("parent", ""),
            search=asked.get("q", ""),
        )


class FindForm(forms.Form):
    """An ARN to look up."""

    arn = forms.CharField(max_length=512, strip=True, label="ARN of the execution")

    def clean_arn(self) -> str:
        # Mails of failures come in quotation marks, and a mail program may take the latter along.
        return str(self.cleaned_data["arn"]).strip('"')


class StopForm(forms.Form):
    """Why something is stopped."""

    note = forms.CharField(
        max_length=1_000, required=False, label="Why (AWS keeps it as the cause)"
    )


class InputForm(forms.Form):
    """The input of an execution, as JSON."""

    input = forms.CharField(
        strip=False,
        label="Input",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "mono"}),
    )


class NoteForm(forms.Form):
    """What somebody knows about a kind of failure."""

    note = forms.CharField(
        max_length=2_000,
        required=False,
        label="Note, for whoever sees it come back",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EventSearchForm(forms.Form):
    """Which raw events are shown; what makes no sense is left out."""

    q = forms.CharField(
        max_length=200,
        required=False,
        label="Text",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "text in the event"}),
    )
    type = forms.CharField(
        max_length=80,
        required=False,
        label="Type",
        widget=forms.TextInput(attrs={"placeholder": "type, e.g. Failed", "list": "event-types"}),
    )
    state = forms.CharField(
        max_length=80,
        required=False,
        label="State",
        widget=forms.TextInput(attrs={"placeholder": "state", "list": "event-states"}),
    )
    step = forms.IntegerField(
        min_value=0, max_value=10**9, required=False, widget=forms.HiddenInput
    )

    def wanted(self) -> EventFilter:
        """Return what was asked for and is valid."""
        self.is_valid()
        asked = self.cleaned_data
        return EventFilter(
            type=asked.get("type", ""),
            state=asked.get("state", ""),
            step=asked.get("step"),
            text=asked.get("q", ""),
        )
