"""Values as HTML, for every template: `{% load display %}`. docs/frontend.md lists them all."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core import display

register = template.Library()

_ICONS = Path(settings.BASE_DIR, "static", "vendor", "tabler-icons")

register.filter("minutes", display.minutes)
register.filter("duration", display.duration)
register.filter("pretty_json", display.pretty_json)


@cache  # as many as there are icon files
def _icon_shapes(name: str) -> SafeString:
    source = Path(_ICONS, f"{name}.svg").read_text("utf-8")
    shapes = re.findall(r"<(?:path|circle|rect|line)\s[^>]*/>", source)
    drawn = (shape for shape in shapes if 'stroke="none"' not in shape)
    return mark_safe("".join(drawn))  # noqa: S308 -- a vendored file that the lock covers


@register.simple_tag
@cache  # as many as there are icon files and sizes in templates
def icon(name: str, size: int = 16) -> SafeString:
    """Draw a vendored icon; it is hidden from screen readers, so a word must stand beside it."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true" focusable="false">{1}</svg>',
        size,
        _icon_shapes(name),
    )


@register.simple_tag
def status(value: object, label: str | None = None) -> SafeString:
    """Show a state by symbol, colour and word: `{% status execution.status %}`."""
    look = display.state(value, label)
    return format_html(
        '<span class="state state-{}">{}<span>{}</span></span>',
        look.tone,
        icon(look.icon, 14),
        look.label,
    )


@register.simple_tag
def when(value: datetime | None, style: str = "relative") -> SafeString | str:
    """Write a moment as <time>: `relative` (exact on hover), `exact`, `precise`, `clock` or `both`."""
    if value is None:
        return mark_safe('<span class="none">&ndash;</span>')
    moment = value.astimezone(UTC)
    machine = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    exact = display.exact_time(moment)
    if style == "exact":
        return format_html('<time datetime="{}">{}</time>', machine, exact)
    if style == "precise":
        return format_html(
            '<time datetime="{}">{}</time>',
            moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            display.precise_time(moment),
        )
    if style == "clock":
        return format_html(
            '<time datetime="{}" title="{}">{}</time>', machine, exact, display.clock_time(moment)
        )
    now = timezone.now()  # noqa: TID251 -- a template is an edge
    relative = display.relative_time(moment, now)
    if style == "both":
        return format_html(
            '{0} <span class="text-muted">(<time datetime="{1}" data-relative>{2}</time>)</span>',
            exact,
            machine,
            relative,
        )
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>', machine, exact, relative
    )


@register.filter
def day(value: date) -> SafeString:
    """Write a calendar day as <time>: `23 Nov 2026`."""
    return format_html(
        '<time datetime="{}">{}</time>', f"{value:%Y-%m-%d}", f"{value.day} {value:%b %Y}"
    )


@register.filter
def month(value: date) -> SafeString:
    """Write a month as <time>: `November 2026`."""
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m}", f"{value:%B %Y}")


@register.simple_tag
def freshness(value: datetime | None, source: str = "") -> SafeString:
    """Say how fresh a page's numbers are: `as of 12:03:05 UTC`, and of which day if it is over."""
    if value is None:
        return format_html(
            '<span class="freshness">{}nothing received yet</span>',
            f"{source}: " if source else "",
        )
    now = timezone.now()  # noqa: TID251 -- a template is an edge
    is_of_today = value.astimezone(UTC).date() == now.astimezone(UTC).date()
    return format_html(
        '<span class="freshness">{}as of {}</span>',
        f"{source} " if source else "",
        when(value, "clock" if is_of_today else "exact"),
    )


@register.simple_tag
def usd(value: Decimal | str | int | None, places: int = 2) -> SafeString:
    """Show an amount rounded for the eye, with the exact one in the markup and on hover."""
    if value is None or value == "":
        return mark_safe(
            '<span class="unknown" title="No price is known for this.">unknown</span>'
        )
    exact = f"{Decimal(value):f}"
    return format_html(
        '<data class="money" value="{0}" title="${0}">{1}</data>',
        exact,
        display.usd(value, places),
    )


@register.simple_tag
def json_block(value: Any, label: str = "JSON") -> SafeString:
    """Show JSON indented, coloured and scrollable, with a copy button."""
    text = display.pretty_json(value)
    if len(text) > display.COLOURED_JSON_CHARS:
        body: SafeString | str = text
    else:
        body = format_html_join(
            "",
            "{}",
            (
                (format_html('<span class="j-{}">{}</span>', kind, part) if kind else part,)
                for kind, part in display.json_tokens(text)
            ),
        )
    return format_html(
        '<div class="code-block">{}<pre tabindex="0" role="group" aria-label="{}"><code>{}</code></pre></div>',
        copy_button(None, label),
        label,
        body,
    )


@register.simple_tag
def copy_button(text: str | None, label: str = "text") -> SafeString:
    """Offer to copy a text, or with None the code block that it stands in. Shown by app.js alone."""
    attribute = (
        mark_safe("data-copy-block") if text is None else format_html('data-copy="{}"', text)
    )
    return format_html(
        '<button type="button" class="btn-copy" {} title="Copy {}" aria-label="Copy {}" hidden>{}</button>',
        attribute,
        label,
        label,
        icon("copy", 14),
    )


@register.simple_tag(takes_context=True)
def current(context: template.Context, *namespaces: str) -> SafeString | str:
    """Mark the navigation link of the present page: `<a href="…" {% current "costs" %}>`."""
    match = getattr(context.get("request"), "resolver_match", None)
    if match and (match.namespace in namespaces or match.view_name in namespaces):
        return mark_safe('aria-current="page"')
    return ""


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, **changes: Any) -> str:
    """Give the present address with other query parameters; None or "" takes one away.

    The place in a list (`cursor`) is dropped: under another filter it means nothing.
    """
    request = context["request"]
    query = request.GET.copy()
    query.pop("cursor", None)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else str(request.path)


@register.inclusion_tag("components/field.html")
def form_field(field: Any, style: str = "") -> dict[str, Any]:
    """Draw a form field with label, help and errors, tied together for screen readers.

    In the style `compact`, for toolbars, the label is read out and stands in the empty field.
    """
    attributes = {"class": "form-select" if field.widget_type == "select" else "form-control"}
    if field.errors:
        attributes["class"] += " is-invalid"
    is_compact = style == "compact"
    if is_compact:
        attributes["placeholder"] = field.label
    widget = field.as_widget(attrs=attributes)
    return {"field": field, "widget": widget, "is_compact": is_compact}
