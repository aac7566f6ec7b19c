"""Uploading the company directory and writing it to DynamoDB."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import work
from onboarding.models import DirectoryPart, DirectoryUpload, DirectoryWrite
from onboarding.services import directory as services

pytestmark = pytest.mark.django_db

PAGE = "/directory/"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def file_of(*logins, name="people.csv"):
    text = "login,department,site\n" + "".join(f"{one},Engineering,ZRH\n" for one in logins)
    return SimpleUploadedFile(name, text.encode())


def stored(user, *logins):
    content = file_of(*logins).read()
    return services.store_upload(content=content, filename="p.csv", user=user, now=NOW)


def asked(user, *logins, mode="merge", now=NOW):
    return services.request_write(upload=stored(user, *logins), mode=mode, user=user, now=now)


def write(now=NOW):
    return services.write_due_directories(clock=lambda: now)


def many(count):
    return [f"person-{number}" for number in range(count)]


def test_a_page_without_a_file_says_what_to_do_and_counts_nothing(client, ada):
    empty = client.get(PAGE).content.decode()
    stored(ada, "ada")
    filled = client.get(PAGE).content.decode()

    assert "No file yet" in empty
    assert "atest" not in empty
    assert ("No file yet" in filled, "The latest first" in filled) == (False, True)


def test_a_file_is_checked_shown_and_written_once_somebody_says_so(client, ada, tables):
    answer = client.post(PAGE, {"file": file_of("ada", "bob")}, follow=True)
    upload = DirectoryUpload.objects.get()
    assert "Add and update 2" in answer.text
    assert [(one.login, one.known[3], one.others) for one in answer.context["row"].preview] == [
        ("ada", "Engineering", (("site", "ZRH"),)),
        ("bob", "Engineering", (("site", "ZRH"),)),
    ]
    assert tables.directory == {}

    url = f"/directory/uploads/{upload.public_id}/"
    client.post(f"{url}write/", {"mode": "merge"})
    row = DirectoryWrite.objects.get()
    write(row.requested_at)

    assert {login: json.loads(item["record"]) for login, item in tables.directory.items()} == {
        login: {
            "site": "ZRH",
            "email": "",
            "employee_id": "",
            "name": "",
            "department": "Engineering",
            "title": "",
            "manager": "",
        }
        for login in ("ada", "bob")
    }
    assert 'value="2"' in client.get(url).text
    row.refresh_from_db()
    assert (row.written, row.is_open, row.work_state) == (2, False, work.WorkState.DONE)
    assert row.requested_by == ada


def test_a_file_with_a_problem_is_shown_and_cannot_be_written(client, ada, tables):
    answer = client.post(PAGE, {"file": file_of("ada", "Ada")}, follow=True)

    assert "“Ada” is the same person as “ada” in row 2" in answer.text
    upload = DirectoryUpload.objects.get()
    answer = client.post(
        f"/directory/uploads/{upload.public_id}/write/", {"mode": "merge"}, follow=True
    )
    assert "Nothing was written." in answer.text
    assert (DirectoryPart.objects.count(), DirectoryWrite.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\x89PNG\0", "no text file"),
        (b'login\n"ada', "Row 2 cannot be read"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(client, ada, tables, content, reason):
    answer = client.post(PAGE, {"file": SimpleUploadedFile("x.csv", content)})

    assert (answer.status_code, reason in answer.text) == (422, True)
    assert not DirectoryUpload.objects.exists()


def test_a_file_of_50_mb_is_refused_with_its_size(client, ada, tables):
    file = SimpleUploadedFile("x.csv", b"login\n" + b"a" * (50 * 2**20))

    answer = client.post(PAGE, {"file": file})

    assert answer.status_code == 422
    assert "x.csv has 50.0 MB; at most 32 MB are read" in answer.text


def test_no_file_at_all_is_said(client, ada, tables):
    assert "Choose a file." in client.post(PAGE).text


def test_strangers_upload_nothing(client):
    assert client.post(PAGE, {"file": file_of("ada")}).status_code == 302
    assert not DirectoryUpload.objects.exists()


def test_a_batch_whose_answer_got_lost_is_written_again_and_nobody_twice(ada, tables):
    tables.refusals.append(("BatchWriteItem", 500, {"__type": "InternalServerError"}, True))
    row = asked(ada, *many(60))

    write()

    row.refresh_from_db()
    assert (len(tables.directory), row.written) == (60, 60)


def test_a_batch_of_which_some_is_left_over_is_completed(ada, tables):
    real = tables.do
    calls = []

    def some(operation, body):
        calls.append(operation)
        tables.left_over = 10 if len(calls) == 1 else 0
        return real(operation, body)

    tables.do = some
    asked(ada, *many(25))
    write()

    sizes = [len(body["RequestItems"]["the-DirectoryTable"]) for _, body in tables.calls]
    assert sizes == [25, 10]
    assert len(tables.directory) == 25


def test_while_dynamodb_takes_nothing_the_work_waits_without_a_strike(ada, tables):
    tables.left_over = 25
    row = asked(ada, "ada")

    write()
    row.refresh_from_db()
    assert (row.work_state, row.strikes) == (work.WorkState.WAITING, 0)

    tables.left_over = 0
    write(NOW + timedelta(minutes=5))
    assert list(tables.directory) == ["ada"]


def test_a_writer_that_dies_goes_on_where_it_stopped(ada, tables, monkeypatch):
    row = asked(ada, *many(600))
    [claimed] = work.claim(DirectoryWrite, limit=1, now=NOW, lease_s=20)
    real = services._write_people
    done = []

    def die_at_the_third(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(real(*arguments))

    monkeypatch.setattr(services, "_write_people", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        services.write_directory(claimed, NOW)
    monkeypatch.undo()
    assert len(tables.directory) == 500

    write(NOW + timedelta(minutes=1))

    row.refresh_from_db()
    assert (row.written, len(tables.directory), row.is_open) == (600, 600, False)


def test_a_worker_that_lost_its_lease_changes_nothing_more(ada, tables):
    asked(ada, *many(300))
    [old] = work.claim(DirectoryWrite, limit=1, now=NOW, lease_s=20)
    work.claim(DirectoryWrite, limit=1, now=NOW + timedelta(minutes=1), lease_s=20)

    with pytest.raises(work.LeaseLost):
        services.write_directory(old, NOW)

    assert DirectoryWrite.objects.get().written == 0


def test_replacing_takes_out_who_is_not_in_the_file_and_merging_does_not(ada, tables):
    asked(ada, "ada", "bob")
    write()
    asked(ada, "cy", now=NOW + timedelta(minutes=1))
    write(NOW + timedelta(minutes=1))
    assert sorted(tables.directory) == ["ada", "bob", "cy"]

    row = asked(ada, "bob", "dan", mode="replace", now=NOW + timedelta(minutes=2))
    write(NOW + timedelta(minutes=2))

    row.refresh_from_db()
    assert sorted(tables.directory) == ["bob", "dan"]
    assert (row.written, row.deleted) == (2, 2)


def test_two_files_are_never_written_at_once(ada, tables):
    asked(ada, "ada")

    with pytest.raises(services.NotWritable, match="Another file is being written"):
        asked(ada, "bob")

    write()
    asked(ada, "bob")


def test_the_page_polls_until_it_is_done_and_gets_nothing_new_meanwhile(client, ada, tables):
    row = asked(ada, "ada")
    url = f"/directory/uploads/{row.upload.public_id}/"

    first = client.get(url, headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in first.text
    again = client.get(url, headers={"HX-Request": "true", "HX-PTag": first["HX-PTag"]})
    assert again.status_code == 304

    write()
    last = client.get(url, headers={"HX-Request": "true", "HX-PTag": first["HX-PTag"]})
    assert "every 2s" not in last.text
    assert "<h1>" not in last.text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_many_files(
    client, ada, tables, django_assert_num_queries, count
):
    for _ in range(count):
        stored(ada, "ada")

    # Session, user, uploads with their users, and what was asked for them.
    with django_assert_num_queries(4):
        client.get(PAGE)
