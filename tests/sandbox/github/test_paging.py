"""Pages and their Link headers, as GitHub cuts them."""

import pytest
from requests.utils import parse_header_links

JOBS = "/repos/sandbox-org/api/actions/runs/7/attempts/1/jobs"


@pytest.fixture
def many_jobs(services, jobs):
    services.put_run({"id": 7, "repository": {"full_name": "sandbox-org/api"}}, {"1": jobs(256)})


def links(answer):
    found = parse_header_links(answer.headers.get("link", ""))
    return {link["rel"]: link["url"] for link in found if "rel" in link}


@pytest.mark.usefixtures("many_jobs")
def test_following_next_finds_every_job_once(services):
    answer = services.get(f"{JOBS}?per_page=100")
    ids = [job["id"] for job in answer.json()["jobs"]]
    while "next" in links(answer):
        answer = services.get(links(answer)["next"].removeprefix(services.github))
        ids += [job["id"] for job in answer.json()["jobs"]]

    assert ids == [9_000_000_000 + number for number in range(256)]
    assert answer.json()["total_count"] == 256


@pytest.mark.usefixtures("many_jobs")
@pytest.mark.parametrize(
    ("page", "rows", "around"),
    [
        (1, 100, {"next": 2, "last": 3}),
        (2, 100, {"prev": 1, "next": 3, "last": 3, "first": 1}),
        (3, 56, {"prev": 2, "first": 1}),
        (4, 0, {"prev": 3, "first": 1}),
        (9, 0, {"prev": 3, "first": 1}),
    ],
)
def test_links_name_the_pages_around(services, page, rows, around):
    answer = services.get(f"{JOBS}?per_page=100&page={page}")

    assert len(answer.json()["jobs"]) == rows
    assert links(answer) == {
        relation: f"{services.github}{JOBS}?per_page=100&page={number}"
        for relation, number in around.items()
    }


@pytest.mark.usefixtures("many_jobs")
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", 30),
        ("per_page=1", 1),
        ("per_page=100", 100),
        ("per_page=1000", 100),
        ("per_page=0", 1),
        ("per_page=many", 30),
        ("page=0", 30),
        ("page=-1", 30),
    ],
)
def test_sizes_out_of_bounds_are_mended_and_not_refused(services, query, rows):
    answer = services.get(f"{JOBS}?{query}")

    assert len(answer.json()["jobs"]) == rows


def test_one_page_needs_no_links(services, jobs):
    services.put_run({"id": 7, "repository": {"full_name": "sandbox-org/api"}}, {"1": jobs(30)})

    assert "link" not in services.get(JOBS).headers
