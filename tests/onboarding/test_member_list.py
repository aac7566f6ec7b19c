"""The list of members: what it shows, to whom, and at what price."""

import csv
import io
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from core.work import WorkState
from executions.models import Execution
from onboarding.models import Member, MemberImport
from tests.factories.members import NOW, days, ended, invitation, person, record, stamp

pytestmark = pytest.mark.django_db


def names_on(response):
    return re.findall(
        r'<th scope="row">\s*<span class="member"><a href="/members/[^"]+">([^<]+)</a>',
        response.content.decode(),
    )


@pytest.fixture
def people():
    now = timezone.now()
    return record(
        person(
            "ada",
            teams={"everyone": "active", "engineering": "active"},
            company={
                "name": "Ada Lovelace",
                "email": "ada@acme.example",
                "employee_id": "E1",
                "department": "Engineering",
            },
        ),
        person(
            "grace",
            status="pending",
            teams={"everyone": "pending"},
            invited_at=stamp(now - days(2)),
            company={"name": "Grace Hopper", "department": "Data"},
        ),
        person(
            "alan",
            status="pending",
            invited_at=stamp(now - days(8)),
            company={"name": "Alan Turing", "department": "Engineering"},
        ),
        person("gone", status="removed", teams={"everyone": "active"}, company={"department": ""}),
        invitation("edsger@acme.example", invited_at=stamp(now - days(1))),
        now=now,
    )


@pytest.mark.parametrize("path", ["/members/", "/members/export/", "/members/42/7/"])
def test_the_pages_are_for_people_who_are_signed_in(client, path):
    response = client.get(path)

    assert (response.status_code, response["Location"]) == (
        302,
        f"{reverse('access:login')}?next={path}",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ada", "alan", "edsger@acme.example", "gone", "grace"]),
        ("q=LOVELACE", ["ada"]),
        ("q=acme.example", ["ada", "edsger@acme.example"]),
        ("q=hopper+grace", ["grace"]),
        ("q=e1", ["ada"]),
        ("q=%25", []),
        ("department=Engineering", ["ada", "alan"]),
        ("department=-", ["edsger@acme.example", "gone"]),
        ("team=everyone", ["ada", "grace"]),
        ("team=engineering&department=Data", []),
        ("state=active", ["ada"]),
        ("state=pending", ["grace"]),
        ("state=expired", ["alan"]),
        ("state=invited", ["edsger@acme.example"]),
        ("state=removed", ["gone"]),
    ],
)
def test_the_list_can_be_searched_and_filtered(client, ada, people, query, expected):
    response = client.get(f"/members/?{query}")

    assert names_on(response) == expected


def test_active_pending_and_expired_look_different(client, ada, people):
    page = client.get("/members/").content.decode()

    rows = dict(
        re.findall(
            r'<th scope="row">\s*<span class="member"><a[^>]+>([^<]+)</a>(.*?)</tr>',
            page,
            re.DOTALL,
        )
    )
    looks = {
        name: re.search(r'state-(\w+)">.*?<span>([^<]+)<', row, re.DOTALL)
        for name, row in rows.items()
    }
    assert {name: look.groups() for name, look in looks.items()} == {
        "ada": ("ok", "Active"),
        "grace": ("run", "Pending"),
        "alan": ("warn", "Invitation expired"),
        "gone": ("idle", "Removed"),
        "edsger@acme.example": ("run", "Invited by e-mail"),
    }
    assert "everyone · pending" in rows["grace"]
    assert "in 5 days" in rows["grace"]


def test_a_filter_that_makes_no_sense_is_named_and_left_out(client, ada, people):
    response = client.get("/members/?state=odd")

    assert response.status_code == 400
    assert "There is no such state: odd." in response.content.decode()
    assert len(names_on(response)) == 5


def test_the_pictures_say_their_numbers_in_words(client, ada, people):
    page = client.get("/members/").content.decode()

    assert (
        "All members: 1 active, 2 pending or invited, 1 invitation expired or cancelled, 1 removed"
        in page
    )
    assert "Engineering: 1 active, 1 invitation expired or cancelled" in page
    assert "Data: 1 pending or invited" in page


def test_pages_follow_each_other_without_gap_or_repetition(client, ada):
    record(*(person(f"user-{number:03}") for number in range(120)))
    seen, address = [], "/members/"
    while address:
        response = client.get(address)
        seen += names_on(response)
        found = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
        address = found and found[1].replace("&amp;", "&")

    assert seen == [f"user-{number:03}" for number in range(120)]

    back = re.search(r'rel="prev" href="([^"]+)"', response.content.decode())[1]
    assert names_on(client.get(back.replace("&amp;", "&"))) == seen[50:100]


@pytest.mark.parametrize(
    "cursor", ["x", "before-1", "after-9-zzz%00", "before-99999999999999999999-a"]
)
def test_a_made_up_place_in_the_list_is_the_first_page_or_an_empty_one(
    client, ada, people, cursor
):
    assert client.get(f"/members/?cursor={cursor}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_for_many(
    client, ada, django_assert_num_queries, count
):
    record(*(person(f"user-{n}", teams={"a": "active", "b": "pending"}) for n in range(count)))
    client.get("/members/")

    # Session, account; numbers, team sizes, the page (whole), its teams, checks, unread results,
    # failed onboardings, the mirror.
    with django_assert_num_queries(10):
        client.get("/members/")


def test_whose_onboarding_failed_is_named_with_the_way_to_the_retry(client, ada, people):
    for number in range(7):
        ended(person(f"new-{number}"), status="FAILED", output="")
    Execution.objects.update(needs_attention=True)
    ended(person("old"), status="FAILED", output="")  # put right since
    later = person("again", observed_at=NOW + days(1))
    ended(later, status="FAILED", output="")
    Execution.objects.filter(subject="again").update(needs_attention=True)
    record(later)  # an onboarding of another part went well
    ended(person("left"), status="FAILED", output="", state_machine="update-member")

    page = client.get("/members/").content.decode()

    assert page.count('href="/executions/?subject=new-') == 5
    assert "and 2 more" in page
    assert "/executions/?state_machine=onboard-member&amp;attention=needed" in page
    assert "subject=old" not in page
    assert "subject=again" not in page
    assert "subject=left" not in page


def test_where_every_onboarding_went_well_none_is_named(client, ada, people):
    assert "waits for a retry" not in client.get("/members/").content.decode()


def test_a_result_that_could_not_be_read_is_named_with_a_button(client, ada, people):
    execution = ended(person("lost"))
    MemberImport.objects.create(
        execution=execution,
        work_state=WorkState.DEAD,
        not_before=None,
        last_error="DynamoDB has no member 7 of organisation 42.",
    )

    page = client.get("/members/").content.decode()
    response = client.post("/members/imports/retry/", follow=True)

    assert "DynamoDB has no member 7 of organisation 42." in page
    assert "1 result is read again." in response.content.decode()
    assert MemberImport.objects.get().work_state == WorkState.WAITING
    assert Execution.objects.get() == execution


def test_a_bad_filter_exports_nothing_and_the_list_names_it(client, ada, people):
    response = client.get("/members/export/?state=nonsense&q=ada")

    assert response["Location"] == "/members/?state=nonsense&q=ada"


def test_the_export_has_every_member_that_the_filter_lets_through(client, ada, people):
    response = client.get("/members/export/?department=Engineering")
    text = b"".join(response.streaming_content).decode()

    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="members-' in response["Content-Disposition"]
    assert [(row["login"], row["state"], row["teams"]) for row in rows] == [
        ("ada", "active", "engineering everyone"),
        ("alan", "expired", ""),
    ]
    assert rows[0]["email"] == "ada@acme.example"


def test_an_empty_list_says_what_will_fill_it(client, ada):
    assert "Nobody has joined yet" in client.get("/members/").content.decode()
    assert list(Member.objects.all()) == []
