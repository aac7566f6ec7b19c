"""Forms of the account pages; they check shapes, services decide."""

from datetime import timedelta

from django import forms

DEFAULT_LIFETIME_DAYS = 90


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        max_length=80,
        help_text="What will use it, for example “nightly cost export”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lifetime_days = forms.TypedChoiceField(
        label="Works for",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (365, "a year"), (0, "ever, until revoked")],
        initial=DEFAULT_LIFETIME_DAYS,
    )

    @property
    def lifetime(self) -> timedelta | None:
        """How long the token works; None for ever."""
        days = self.cleaned_data["lifetime_days"]
        return timedelta(days=days) if days else None
