"""How values look to a person: money, time, durations, states and JSON, as plain text and tones.

Pure functions; `core.templatetags.display` wraps them in HTML.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# Beyond this many characters colours cost more than they help: a page would carry a span a token.
COLOURED_JSON_CHARS = 40_000

# Typography, not code: a minus sign as wide as a plus, and a dash for "nothing there".
_MINUS, _NOTHING = "\N{MINUS SIGN}", "\N{EN DASH}"

# (shorter than, one of the unit, its name); static/js/time.js has the same rows. The limits are where
# the next unit would be rounded up to.
_UNITS = ((45, 1, ""), (3_570, 60, "min"), (84_600, 3_600, "h"), (float("inf"), 86_400, "day"))


@dataclass(frozen=True)
class State:
    """The look of a state: a word, a tone (a colour) and a symbol, so that none stands alone."""

    label: str
    tone: str
    icon: str


_LOOKS = {
    "ok": (
        "circle-check",
        "succeeded success completed done active accepted sent received recorded recovered",
    ),
    "run": ("loader-2", "running in_progress started checking"),
    "wait": ("clock", "ready waiting queued pending requested scheduled pending_redrive retrying"),
    "bad": ("circle-x", "failed failure error startup_failure rejected refused lost"),
    "late": ("clock-x", "timed_out"),
    "mail": ("mail", "invited"),
    "lapse": ("clock-x", "lapsed"),
    "gone": ("user-off", "removed"),
    "stop": ("player-stop", "paused aborted cancelled canceled stopped"),
    "warn": ("alert-triangle", "caught action_required warning stale suspended missing"),
    "skip": ("player-skip-forward", "skipped"),
    "idle": (
        "circle-minus",
        "ignored neutral none inactive revoked expired unknown duplicate uninstalled",
    ),
}
_TONES = {
    "wait": "run",
    "late": "bad",
    "stop": "warn",
    "skip": "idle",
    "mail": "run",
    "lapse": "warn",
    "gone": "idle",
}
_STATES = {
    word: (_TONES.get(look, look), icon)
    for look, (icon, words) in _LOOKS.items()
    for word in words.split()
}
_UNKNOWN = ("idle", "help-circle")


def state(value: object, label: str | None = None) -> State:
    """Choose word, tone and symbol for a state's code; one that we do not know is shown as it is.

    Args:
        value: A code of any case, for example `TIMED_OUT` (AWS) or `success` (GitHub).
        label: The word to show; without it the code is made readable.
    """
    code = str(value or "unknown").strip().lower().replace("-", "_").replace(" ", "_")
    tone, icon = _STATES.get(code, _UNKNOWN)
    return State(label or code.replace("_", " ").capitalize(), tone, icon)


def usd(value: Decimal | str | int | None, places: int = 2) -> str:
    """Round US dollars for display, half up; an amount that would round to nothing is not zero.

    Args:
        value: An exact amount; None is an unknown one.
        places: Digits after the point, the same in the whole column.
    """
    if value is None or value == "":
        return "unknown"
    amount = Decimal(value)
    step = Decimal(1).scaleb(-places)
    rounded = amount.quantize(step, ROUND_HALF_UP)
    if amount and not rounded:
        return f"<${step}" if amount > 0 else f">{_MINUS}${step}"
    return f"{_MINUS if rounded < 0 else ''}${abs(rounded):,}"


def minutes(value: float | Decimal | str | None) -> str:
    """Write minutes with thousands parted: `12,345 min`."""
    if value is None or value == "":
        return "unknown"
    number = Decimal(str(value)).normalize()
    return f"{number:,f} min"


def seconds_of(value: timedelta | Decimal | str | float) -> float:
    """Read a duration given as a timedelta or as seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def duration(value: timedelta | Decimal | str | float | None) -> str:
    """Write a duration with the two units that matter: `840 ms`, `4.2 s`, `3 min 05 s`, `2 d 4 h`."""
    if value is None or value == "":
        return _NOTHING
    total = seconds_of(value)
    sign, total = (_MINUS, -total) if total < 0 else ("", total)
    if total < 1:
        text = f"{round(total * 1000)} ms"
    elif total < 59.95:  # what would be written as 60.0 s is a minute
        text = f"{total:.1f}".removesuffix(".0") + " s"
    else:
        whole = round(total)
        if whole < 3600:
            text = f"{whole // 60} min {whole % 60:02} s"
        elif whole < 86_400:
            text = f"{whole // 3600} h {whole % 3600 // 60:02} min"
        else:
            text = f"{whole // 86_400} d {whole % 86_400 // 3600} h"
    return sign + text


def exact_time(value: datetime) -> str:
    """Write a moment in full, in UTC: `23 Nov 2026, 12:03:05 UTC`."""
    moment = value.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"


def precise_time(value: datetime) -> str:
    """Write a moment to the millisecond, in UTC: `23 Nov 2026, 12:03:05.120 UTC`."""
    moment = value.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def clock_time(value: datetime) -> str:
    """Write the time of day alone, in UTC: `12:03:05 UTC`."""
    return f"{value.astimezone(UTC):%H:%M:%S} UTC"


def relative_time(value: datetime, now: datetime) -> str:
    """Say how long ago or ahead a moment is: `just now`, `4 min ago`, `in 2 h`, `3 days ago`.

    static/js/time.js says the same in the browser while the page stays open.
    """
    distance = (now - value).total_seconds()
    size = abs(distance)
    unit_s, name = next((unit_s, name) for limit_s, unit_s, name in _UNITS if size < limit_s)
    if not name:
        return "just now"
    count = max(1, int(size / unit_s + 0.5))
    text = f"{count} {name}{'s' if name == 'day' and count > 1 else ''}"
    return f"{text} ago" if distance > 0 else f"in {text}"


_SURROGATE = re.compile("[\ud800-\udfff]")


class _Digits(str):
    """A fractional number as it was written: through a float, 0.10 would come out as 0.1."""

    __slots__ = ()


def pretty_json(value: Any) -> str:
    """Indent JSON; a text that is not JSON comes back as it was, because it is what was received."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    try:
        if isinstance(text, str):
            return _indented(json.loads(text, parse_float=_Digits), "\n")
        return _indented(text, "\n")
    except (ValueError, RecursionError):  # not JSON, or nested deeper than anybody can read
        return text if isinstance(text, str) else json.dumps(text, default=str)


def _indented(value: Any, line: str) -> str:
    inner = line + "  "
    if isinstance(value, dict) and value:
        rows = (f"{_written(str(k))}: {_indented(v, inner)}" for k, v in value.items())
        return "{" + inner + ("," + inner).join(rows) + line + "}"
    if isinstance(value, list | tuple) and value:
        return "[" + inner + ("," + inner).join(_indented(v, inner) for v in value) + line + "]"
    if isinstance(value, _Digits):
        return str(value)
    return _written(value)


def _written(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    # Half a surrogate pair is a text in JSON and none in UTF-8: it stays as JSON escapes it.
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):x}", text)


_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>\b(?:true|false|null)\b)"
)


def json_tokens(text: str) -> Iterator[tuple[str, str]]:
    """Part pretty JSON into (kind, text): key, string, number, word or "" for what lies between."""
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            yield "", text[end : match.start()]
        yield str(match.lastgroup), match.group()
        end = match.end()
    if end < len(text):
        yield "", text[end:]
