"""The mirror's page tells how fresh it is and what sweeps found."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from executions import services
from tests.factories.executions import mirrored, told
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
PAGE = "/executions/mirror/"


def test_sweeps_are_listed_with_what_each_found(sfn, now, admin_client):
    mirrored(sfn, told(1).ends("SUCCEEDED", END), now=now)
    sfn.add(told(2).ends("FAILED", END))
    services.sweep(now=now)

    text = admin_client.get(PAGE).content.decode()

    assert "1 in the last sweep" in text
    assert "1 missing, 0 different, 0 ended unheard" in text
    assert "1 <small>of successes" in text


def test_a_program_reads_what_sweeps_found(sfn, now, admin_client):
    sfn.add(told(2).ends("FAILED", END))
    services.sweep(now=now)

    found = admin_client.get("/api/v1/mirror/").json()

    [sweep] = found["sweeps"]
    assert {name: sweep[name] for name in ("listed", "missing", "different", "silent")} == {
        "listed": 1,
        "missing": 1,
        "different": 0,
        "silent": 0,
    }
    assert found["swept_at"] == sweep["swept_at"] == f"{now:%Y-%m-%dT%H:%M:%SZ}"
    assert found["waiting"] == 1
    assert found["unread_histories"] == 0


def test_a_mirror_that_never_ran_says_so(admin_client):
    assert admin_client.get("/api/v1/mirror/").json() == {
        "caught_up_at": None,
        "lag_s": None,
        "swept_at": None,
        "waiting": 0,
        "unread_histories": 0,
        "sweeps": [],
    }
    response = admin_client.get(PAGE)

    assert response.status_code == HTTPStatus.OK
    assert "Nothing was swept yet" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_often_for_one_sweep_as_for_three(
    sfn, now, admin_client, count, django_assert_num_queries
):
    for number in range(count):
        services.sweep(now=now + timedelta(minutes=number))

    with django_assert_num_queries(7):  # session, user, state twice, backlog, unread, reports
        admin_client.get(PAGE)
