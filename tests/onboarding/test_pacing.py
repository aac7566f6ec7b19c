"""The arithmetic of GitHub's quotas: nobody is lost, nothing is overdrawn, the plan is kept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onboarding import pacing
from onboarding.pacing import Cost, Quotas, Spent

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
MEMBER = Cost(writes=1, invitations=0)
NEWCOMER = Cost(writes=1, invitations=1)
A_DAY_ONLY = Quotas(500, None, None, None)

costs = st.lists(
    st.builds(Cost, writes=st.integers(1, 6), invitations=st.integers(0, 1)), max_size=60
)
spendings = st.lists(
    st.builds(
        Spent,
        at=st.integers(0, 2 * 86_400).map(lambda s: NOW - timedelta(seconds=s)),
        writes=st.integers(0, 40),
        invitations=st.integers(0, 10),
        points=st.integers(0, 300),
    ),
    max_size=8,
)
small_quotas = st.builds(
    Quotas,
    invitations_per_day=st.integers(1, 12),
    writes_per_minute=st.none() | st.integers(6, 40),
    writes_per_hour=st.none() | st.integers(6, 100),
    points_per_minute=st.none() | st.integers(34, 300),
)


def overdrawn(quotas, spent):
    """Windows in which more than the limit went; each ends with one of the releases."""
    return [
        (name, limit, end)
        for name, limit, length in quotas.windows()
        for end in (one.at for one in spent)
        if sum(getattr(one, name) for one in spent if end - length < one.at <= end) > limit
    ]


def test_members_go_now_and_invitations_over_two_days():
    people = [MEMBER] * 480 + [NEWCOMER] * 520

    planned = pacing.plan(people, spent=[], now=NOW, quotas=A_DAY_ONLY)

    assert [(one.at - NOW, len(one.people), one.invitations) for one in planned] == [
        (timedelta(0), 980, 500),
        (timedelta(days=1), 20, 20),
    ]


def test_nothing_waits_where_github_does_not_limit():
    planned = pacing.plan([NEWCOMER] * 2_500, spent=[], now=NOW, quotas=pacing.UNLIMITED)

    assert [(one.at, len(one.people)) for one in planned] == [(NOW, 1000), (NOW, 1000), (NOW, 500)]


def test_a_person_costs_four_reads_of_a_point_and_five_points_a_write():
    assert [Cost(writes=writes, invitations=0).points for writes in (0, 1, 3)] == [4, 9, 19]


def test_eighty_writes_a_minute_and_five_hundred_an_hour():
    planned = pacing.plan([MEMBER] * 581, spent=[], now=NOW, quotas=Quotas(500))

    assert [((one.at - NOW) / timedelta(minutes=1), len(one.people)) for one in planned] == [
        *((minute, 80) for minute in range(6)),
        (6, 20),
        (60, 80),
        (61, 1),
    ]


def test_somebody_dearer_than_a_window_goes_when_it_is_empty():
    dear = Cost(writes=200, invitations=0)

    assert pacing.affordable([dear], spent=[], now=NOW, quotas=Quotas(500)) == [0]
    spent = [pacing.spending([MEMBER], at=NOW)]
    assert pacing.affordable([dear], spent=spent, now=NOW, quotas=Quotas(500)) == []
    assert pacing.next_at([dear], spent=spent, now=NOW, quotas=Quotas(500)) == NOW + pacing.MINUTE


def test_an_exhausted_day_of_invitations_does_not_hold_up_members():
    spent = [Spent(at=NOW, writes=0, invitations=500, points=0)]

    chosen = pacing.affordable(
        [NEWCOMER, MEMBER, NEWCOMER], spent=spent, now=NOW, quotas=A_DAY_ONLY
    )

    assert chosen == [1]


@given(people=costs, spent=spendings, quotas=small_quotas)
def test_everybody_is_in_exactly_one_release(people, spent, quotas):
    planned = pacing.plan(people, spent=spent, now=NOW, quotas=quotas)

    assert sorted(place for one in planned for place in one.people) == list(range(len(people)))
    assert [one.at for one in planned] == sorted(one.at for one in planned)


@given(people=costs, quotas=small_quotas)
def test_no_window_is_ever_overdrawn(people, quotas):
    planned = pacing.plan(people, spent=[], now=NOW, quotas=quotas)

    spent = [pacing.spending([people[i] for i in one.people], at=one.at) for one in planned]
    assert overdrawn(quotas, spent) == []


@given(people=costs, spent=spendings, quotas=small_quotas)
def test_what_is_already_spent_is_never_added_to_beyond_the_limit(people, spent, quotas):
    chosen = pacing.affordable(people, spent=spent, now=NOW, quotas=quotas)

    total = pacing.spending([people[place] for place in chosen], at=NOW)
    for name, limit, length in quotas.windows():
        used = sum(getattr(one, name) for one in spent if one.at > NOW - length)
        assert getattr(total, name) == 0 or used + getattr(total, name) <= max(limit, used)


@given(people=costs.filter(bool), spent=spendings, quotas=small_quotas)
def test_the_next_moment_lets_somebody_go_and_no_earlier_one_does(people, spent, quotas):
    at = pacing.next_at(people, spent=spent, now=NOW, quotas=quotas)

    assert pacing.affordable(people, spent=spent, now=at, quotas=quotas) != []
    if at > NOW:
        just_before = at - timedelta(microseconds=1)
        assert pacing.affordable(people, spent=spent, now=just_before, quotas=quotas) == []


@given(people=costs, spent=spendings, quotas=small_quotas)
def test_each_kind_goes_in_its_order(people, spent, quotas):
    planned = pacing.plan(people, spent=spent, now=NOW, quotas=quotas)

    order = [place for one in planned for place in one.people]
    for wanted in (0, 1):
        of_kind = [place for place in order if people[place].invitations == wanted]
        assert of_kind == sorted(of_kind)
