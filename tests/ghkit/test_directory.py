"""The company directory: what is asked, and what its answers mean."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import errors
from ghkit.directory import (
    FIELDS,
    Directory,
    parse_fields,
    parse_record,
    read_record,
    record_text,
)
from tests.factories.http_servers import Answer, Request, serving

ADA = {
    "email": "ada@acme.example",
    "employee_id": "E7",
    "name": "Ada Byron",
    "department": "Engineering",
    "title": "Lead",
    "manager": "boss",
}


@dataclass
class Service:
    """A directory that answers as it is told, and notes what it was asked."""

    url: str
    answer: tuple[int, str] = (200, json.dumps(ADA))
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    def answer(request: Request) -> Answer:
        service.asked.append((request.path, request.headers.get("Authorization")))
        status, text = service.answer
        moved = {"Location": f"{service.url}/elsewhere"} if status in (301, 302) else {}
        return status, moved, text

    with serving(answer) as url:
        service = Service(url)
        yield service


def find(service, *, template="/people/{login}", token="", fields=None):
    return Directory(service.url + template, token, fields).find(login="ada", github_id=7)


def test_a_person_is_asked_for_with_the_token(service):
    assert find(service, token="s3cret") == {**ADA, "other": {}}
    assert service.asked == [("/people/ada", "Bearer s3cret")]


def test_without_a_token_none_is_sent(service):
    find(service)

    assert service.asked == [("/people/ada", None)]


def test_placeholders_are_quoted(service):
    directory = Directory(f"{service.url}/p?id={{github_id}}&l={{login}}")

    directory.find(login="a/b&c", github_id=7)

    assert service.asked[0][0] == "/p?id=7&l=a%2Fb%26c"


def test_fields_are_found_under_their_names_there_and_the_rest_is_kept(service):
    theirs = {"contact": {"mail": "ada@acme.example"}, "a.b": 7, "desk": 3.5, "tags": ["x"]}
    service.answer = 200, json.dumps(theirs)

    found = find(service, fields={"email": "contact.mail", "employee_id": "a.b"})

    assert (found["email"], found["employee_id"], found["title"]) == ("ada@acme.example", "7", "")
    assert found["other"] == {"contact": theirs["contact"], "desk": 3.5, "tags": ["x"]}


def test_a_path_that_ends_early_finds_nothing(service):
    service.answer = 200, '{"contact": "by pigeon"}'

    assert find(service, fields={"email": "contact.mail"})["email"] == ""


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (404, "", errors.PersonUnknown),
        (410, "", errors.PersonUnknown),
        (500, "", errors.DirectoryUnavailable),
        (503, "", errors.DirectoryUnavailable),
        (429, "", errors.DirectoryUnavailable),
        (401, "", errors.DirectoryRejected),
        (403, "", errors.DirectoryRejected),
        (302, "", errors.DirectoryRejected),
        (204, "", errors.DirectoryRejected),
        (200, "<html>", errors.DirectoryAnswerUnreadable),
        (200, "[]", errors.DirectoryAnswerUnreadable),
        (200, '{"email": ["x"]}', errors.DirectoryAnswerUnreadable),
        (200, '{"title": true}', errors.DirectoryAnswerUnreadable),
        (200, json.dumps({"photo": "x" * 70_000}), errors.DirectoryAnswerUnreadable),
    ],
)
def test_every_other_answer_has_a_name(service, status, text, error):
    service.answer = status, text

    with pytest.raises(error):
        find(service, token="s3cret")

    assert [path for path, _ in service.asked] == ["/people/ada"]  # the token goes nowhere else


def test_a_directory_that_does_not_answer_is_unavailable():
    with pytest.raises(errors.DirectoryUnavailable, match="ConnectionError"):
        Directory("http://127.0.0.1:9/{login}").find(login="ada", github_id=7)


@pytest.mark.parametrize(
    ("template", "fields", "problem"),
    [
        ("ftp://x/{login}", {}, "no http"),
        ("https://x/", {}, "no http"),
        ("https://x/{login}/{mail}", {}, r"has \{mail\}"),
        ("https://x/{login}", {"phone": "x"}, "names phone"),
        ("https://x/{login}", {"email": "a..b"}, "no dotted path"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_sent(template, fields, problem):
    with pytest.raises(errors.DirectoryRejected, match=problem):
        Directory(template, "", fields)


def test_a_mapping_is_read_from_its_text():
    expected = {name: name for name in FIELDS} | {"email": "mail"}

    assert parse_fields('{"email": "mail"}') == expected
    assert parse_fields("")["title"] == "title"


@pytest.mark.parametrize("text", ["{", "[]", '{"x": "y"}', '{"email": 7.0, "x": null}'])
def test_a_mapping_that_is_none_is_refused(text):
    with pytest.raises(errors.DirectoryRejected):
        parse_fields(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.dictionaries(st.sampled_from(FIELDS) | st.text(), json_values) | json_values)
def test_whatever_a_directory_says_is_a_storable_record_or_unreadable(data):
    try:
        record = read_record(data)
    except errors.DirectoryAnswerUnreadable:
        return
    whole = json.loads(record_text(record))
    for name in FIELDS:
        assert whole[name] == record[name]
        record[name].encode()
        assert "\0" not in record[name]
    assert {key: whole[key] for key in record["other"]} == record["other"]


def test_a_record_comes_back_from_its_text_as_it_was():
    record = read_record(ADA | {"office": {"floor": 3}})

    assert parse_record(record_text(record)) == record


@pytest.mark.parametrize("text", ["", "Ada", "[]", "None"])
def test_a_text_that_is_no_record_is_unreadable(text):
    with pytest.raises(errors.DirectoryAnswerUnreadable):
        parse_record(text)
