"""Forms of the account pages; they check shapes, services decide."""

from datetime import timedelta

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

from access.enums import Role

DEFAULT_LIFETIME_DAYS = 90


class RoleForm(forms.Form):
    """Which role an account gets."""

    role = forms.TypedChoiceField(
        coerce=Role,
        choices=Role.choices,
        initial=Role.VIEWER,
    )


class AccountForm(RoleForm):
    """A new account; its first password is made for it."""

    username = forms.CharField(
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    field_order = ("username", "role")


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
