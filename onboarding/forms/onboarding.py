"""Input of the pages for onboarding by hand."""

from __future__ import annotations

from typing import Any

from django import forms

from core.tables import TableTooLarge, TableUnreadable
from onboarding.enums import BatchSource, CheckCode, RowState
from onboarding.services import batches


class OneForm(forms.Form):
    """Whom to look up."""

    login = forms.CharField(
        max_length=255,
        label="GitHub login",
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "octocat",
            }
        ),
    )


class ManyForm(forms.Form):
    """Many people: a file or a text, exactly one of them."""

    file = forms.FileField(
        required=False,
        label="CSV or Excel file",
        help_text=(
            "With a column “login”; “email” is checked too, others are passed over."
            " Up to 5,000 people."
        ),
        widget=forms.ClearableFileInput(
            attrs={"class": "form-control", "accept": ".csv,.txt,.tsv,.xlsx"}
        ),
    )
    text = forms.CharField(
        required=False,
        label="Or paste logins",
        help_text="One a line, or parted by commas.",
        widget=forms.Textarea(
            attrs={"class": "form-control mono", "rows": 6, "spellcheck": "false"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Read the people, so that what cannot be read is said beside the field."""
        given = self.cleaned_data
        if self.errors:  # of a field: what is wrong has been said there
            return given
        upload, text = given.get("file"), (given.get("text") or "").strip()
        if bool(upload) == bool(text):
            message = "Choose a file or paste logins" + (", not both." if text else ".")
            raise forms.ValidationError(message)
        try:
            if upload:
                self.refuse_by_size(upload.size)
                given["read"] = batches.read_people(upload.read())
                given["source"], given["title"] = BatchSource.FILE, upload.name
            else:
                given["read"] = batches.read_people(text.encode(), is_text=True)
                given["source"], given["title"] = BatchSource.PASTE, ""
        except (TableUnreadable, batches.ColumnMissing) as exc:
            self.add_error("file" if upload else "text", str(exc))
        return given

    @staticmethod
    def refuse_by_size(size: int) -> None:
        """Refuse a file by what its sender says, without reading 50 MB into memory."""
        limit = batches.FILE_LIMITS.max_bytes
        if size > limit:
            message = (
                f"The file has {size / 2**20:,.1f} MB; at most {limit // 2**20} MB are read."
                " Keep the columns that are needed, or split it."
            )
            raise TableTooLarge(message)


class RowFilter(forms.Form):
    """Which people of a batch are listed."""

    state = forms.ChoiceField(choices=[("", "All"), *RowState.choices], required=False)
    check = forms.ChoiceField(choices=[("", "All"), *CheckCode.choices], required=False)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for and makes sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
