"""Whatever is sent: one of the documented answers, and never a server error."""

import json

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.webhooks import URL, body_of, example, headers_of, post
from webhooks.models import Delivery

# As HTTP servers hand headers on: latin-1, without line ends.
HEADER_TEXT = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0"), max_size=90)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["completed", "workflow_run", "\ud800", "\x00", "a/b"]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=8), children, max_size=4)
    ),
    max_leaves=12,
)
EVENTS = st.sampled_from(["workflow_run", "workflow_job", "ping", "installation", "brand_new"])


def paths(payload, prefix=()):
    for key, value in payload.items():
        yield (*prefix, key)
        if isinstance(value, dict):
            yield from paths(value, (*prefix, key))


PATHS = st.sampled_from(sorted(paths(example())))


def assert_documented(response):
    assert response.status_code in {202, 400, 401, 413, 503}, response.content
    answer = response.json()
    if response.status_code == 202:
        assert answer.keys() == {"delivery", "status"}
        assert answer["status"] in {"accepted", "duplicate", "ignored"}
        assert Delivery.objects.filter(guid=answer["delivery"]).count() == 1
    else:
        assert response.status_code in {400, 401}
        assert answer.keys() == {"code", "message", "fields"}


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=200), event=EVENTS)
def test_any_bytes_that_are_signed(body, event):
    assert_documented(post(Client(), body, event=event))


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_signed_form(body):
    assert_documented(
        post(Client(), body, **{"Content-Type": "application/x-www-form-urlencoded"})
    )


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(payload=JSON, event=EVENTS)
def test_any_json_that_is_signed(payload, event):
    assert_documented(post(Client(), json.dumps(payload).encode(), event=event))


@pytest.mark.django_db
@settings(max_examples=100, deadline=None)
@given(path=PATHS, value=JSON)
def test_githubs_body_with_any_value_in_any_place(path, value):
    payload = example()
    parent = payload
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value

    assert_documented(post(Client(), json.dumps(payload).encode()))


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from(sorted(headers_of(b""))),
    value=HEADER_TEXT,
    is_removed=st.booleans(),
)
def test_any_value_of_any_header(name, value, is_removed):
    assert_documented(post(Client(), **{name: None if is_removed else value}))


@pytest.mark.django_db
@settings(max_examples=100, deadline=None)
@given(
    body=st.binary(max_size=100),
    headers=st.dictionaries(st.sampled_from(sorted(headers_of(b""))), HEADER_TEXT, max_size=9),
)
def test_what_a_stranger_sends_is_never_stored(body, headers):
    content_type = headers.pop("Content-Type", "application/json")
    before = Delivery.objects.count()

    response = Client().post(URL, body, content_type=content_type, headers=headers)

    assert response.status_code == 401
    assert Delivery.objects.count() == before


@pytest.mark.django_db
@settings(max_examples=50, deadline=None)
@given(cut=st.integers(0, 2_000))
def test_a_body_that_was_cut_short(cut):
    body = body_of(example())

    assert_documented(post(Client(), body[: len(body) - cut]))
