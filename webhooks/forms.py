"""Input of the pages."""

from typing import Any

from django import forms

from webhooks.enums import DeliveryStatus


class DeliveryFilter(forms.Form):
    """Which deliveries the list shows; a filter that makes no sense is named and left out."""

    status = forms.ChoiceField(
        choices=[("", "All"), *DeliveryStatus.choices], required=False, label="Status"
    )
    event = forms.CharField(max_length=64, required=False, label="Event")
    action = forms.CharField(max_length=100, required=False, label="Action")
    repository = forms.CharField(max_length=255, required=False, label="Repository")

    def filters(self) -> dict[str, Any]:
        """Return what was asked for and is valid."""
        self.is_valid()
        return dict(self.cleaned_data)
