"""JSON of the REST API."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
from django.utils.safestring import mark_safe
from rest_framework import renderers

from core import rendering


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {
            "at": datetime(2026, 11, 23, 17, 0, 0, 120, UTC),
            "whole": datetime(2026, 1, 1, tzinfo=UTC),
        },
        {"day": date(2026, 11, 23), "took": timedelta(seconds=90), "usd": Decimal("0.0120")},
        {"id": UUID(int=7), "colour": Colour.RED, "safe": mark_safe("<b>ü</b>"), "none": None},
        [1, 1.5, 2**53 + 1, True, "line\u2028end", "tab\t"],
        {"above 64 bits": 2**70},
    ],
)
def test_json_means_what_djangos_rest_framework_would_write(value):
    ours, theirs = rendering.JSONRenderer().render(value), renderers.JSONRenderer().render(value)

    assert ours == theirs or json.loads(ours) == json.loads(theirs)


def test_json_is_indented_where_the_caller_asks():
    indented = rendering.JSONRenderer().render({"a": 1}, "application/json; indent=4")

    assert indented.decode() == '{\n    "a": 1\n}'
