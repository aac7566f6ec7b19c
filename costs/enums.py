"""Stored choice values."""

from django.db import models


class SkuKind(models.TextChoices):
    """How minutes of a SKU count; the kinds of `ghkit.skus` that anything ran on."""

    STANDARD = "standard", "standard: free in public repositories"
    LARGER = "larger", "larger: billed everywhere"
    SELF_HOSTED = "self_hosted", "machines of your own"
    UNKNOWN = "unknown", "no rule recognises it"


class Visibility(models.TextChoices):
    """Who can see a repository; standard runners are free in public ones."""

    PUBLIC = "public", "Public"
    PRIVATE = "private", "Private"
    INTERNAL = "internal", "Internal"


class Measure(models.TextChoices):
    """What the charts and the order of the repositories are by."""

    LIST = "list", "List cost"
    BILLED = "billed", "Billed"
    MINUTES = "minutes", "Minutes"
