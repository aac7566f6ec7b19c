"""Pages by key: every row once, down and up, whatever the size."""

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import keyset
from tests.factories.webhooks import stored
from webhooks.models import Delivery


def pages(cursor, size, towards):
    found = []
    while True:
        page = keyset.page_of(Delivery.objects.all(), cursor=cursor, size=size)
        found.append([row.pk for row in page.rows])
        cursor = getattr(page, towards)
        if not cursor:
            return found, page


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 12), size=st.integers(1, 5))
def test_going_down_and_up_again_shows_the_same_pages(count, size):
    Delivery.objects.all().delete()
    keys = [stored(guid=uuid.uuid4(), event="ping", payload={}).pk for _number in range(count)]

    down, last = pages("", size, "older")
    up, _first = pages(last.newer, size, "newer") if last.newer else ([], None)

    assert [key for page in down for key in page] == keys[::-1]
    assert all(len(page) == size for page in down[:-1])
    assert up[::-1] == down[:-1]


@pytest.mark.django_db
def test_the_count_stops_at_its_cap(monkeypatch):
    monkeypatch.setattr(keyset, "COUNT_CAP", 2)
    rows = Delivery.objects.all()
    shown = []
    for _number in range(4):
        page = keyset.page_of(rows, cursor="", size=1)
        shown.append(keyset.shown(page, rows))
        stored(event="ping", payload={})

    assert shown == ["0 of 0", "1 of 1", "1 of 2", "1 of 2+"]


@pytest.mark.django_db
def test_a_list_that_fits_on_the_page_is_not_counted(django_assert_num_queries):
    rows = Delivery.objects.all()
    stored(event="ping", payload={})

    with django_assert_num_queries(1):
        page = keyset.page_of(rows, cursor="")
        told = keyset.shown(page, rows)

    assert told == "1 of 1"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["9" * 5_000, "9" * 19, "-1", "é", ""])
def test_a_cursor_that_no_row_can_have_is_the_first_page(key):
    row = stored(event="ping", payload={})

    page = keyset.page_of(Delivery.objects.all(), cursor=f"before-{key}")

    assert page == keyset.Page([row], newer="", older="")
