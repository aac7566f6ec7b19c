"""Stored choice values."""

from django.db import models


class SkuKind(models.TextChoices):
    """How minutes of a SKU count; the kinds of `ghkit.skus` that anything ran on."""

    STANDARD = "standard", "GitHub-hosted, free in public repositories"
    LARGER = "larger", "GitHub-hosted, larger"
    SELF_HOSTED = "self_hosted", "Self-hosted"
    UNKNOWN = "unknown", "Unknown"


class Visibility(models.TextChoices):
    """Who can see a repository; standard runners are free in public ones."""

    PUBLIC = "public", "Public"
    PRIVATE = "private", "Private"
    INTERNAL = "internal", "Internal"
