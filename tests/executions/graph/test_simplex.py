from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from executions.graph.simplex import Simplex


@st.composite
def problems(draw):
    """A few points in a row, lengths between some of them, and pulls between others."""
    count = draw(st.integers(2, 4))
    pair = st.tuples(st.integers(0, count - 2), st.integers(1, count - 1)).filter(
        lambda pair: pair[0] < pair[1]
    )
    lengths = draw(st.lists(st.tuples(pair, st.integers(0, 3)), max_size=4))
    pulls = draw(
        st.lists(st.tuples(pair, st.integers(0, 3), st.integers(1, 5)), min_size=1, max_size=5)
    )
    # All hang together.
    lengths += [((number, number + 1), 0) for number in range(count - 1)]
    return count, lengths, pulls


def _cost(x, pulls):
    return sum(weight * abs(x[b] - x[a] - offset) for (a, b), offset, weight in pulls)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_solve_finds_the_least_pull(problem):
    count, lengths, pulls = problem
    simplex = Simplex([0] * count)
    for (a, b), length in lengths:
        simplex.add(a, b, length, 0)
    simplex.settle()
    for (a, b), offset, weight in pulls:
        simplex.pull(a, b, offset, weight)

    found = simplex.solve(1_000)

    fits = [
        x
        for x in product(range(13), repeat=count)
        if x[0] == 0 and all(x[b] - x[a] >= length for (a, b), length in lengths)
    ]
    assert all(found[b] - found[a] >= length for (a, b), length in lengths)
    assert _cost(found, pulls) == min(_cost(x, pulls) for x in fits)


def test_solve_keeps_the_lengths_when_it_must_stop_early():
    simplex = Simplex([0] * 6)
    for number in range(5):
        simplex.add(number, number + 1, 10, 0)
    simplex.settle()
    simplex.pull(0, 5, 0, 3)
    simplex.pull(2, 4, 0, 1)

    found = simplex.solve(0)

    assert [b - a for a, b in pairwise(found[:6])] == [10] * 5
