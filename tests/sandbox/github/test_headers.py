"""What every answer carries, and what every request must."""

import http.client
import re

RUN = {"id": 7, "repository": {"full_name": "sandbox-org/api"}}
PATH = "/repos/sandbox-org/api/actions/runs/7"


def test_every_answer_has_githubs_headers(services):
    for answer in (services.get("/repos/sandbox-org/nothing"), services.get("/meta")):
        assert re.fullmatch(r"([0-9A-F]+:){4}[0-9A-F]+", answer.headers["X-GitHub-Request-Id"])
        assert answer.headers["x-ratelimit-limit"] == "5000"
        assert answer.headers["x-ratelimit-resource"] == "core"
        assert answer.headers["x-github-api-version-selected"] == "2022-11-28"
        assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_what_has_not_changed_is_not_sent_again(services):
    services.put_run(RUN | {"name": "Build"})
    tag = services.get(PATH).headers["etag"]

    unchanged = services.get(PATH, If_None_Match=tag)
    services.put_run(RUN | {"name": "Test"})
    changed = services.get(PATH, If_None_Match=tag)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == tag
    assert (changed.status_code, changed.json()["name"]) == (200, "Test")


def test_an_api_version_that_is_gone_says_so(services):
    services.put_run(RUN)

    answers = {
        version: services.get(PATH, X_GitHub_Api_Version=version).status_code
        for version in ("2022-11-28", "2026-03-10", "2019-01-01")
    }

    assert answers == {"2022-11-28": 200, "2026-03-10": 200, "2019-01-01": 410}


def test_the_newer_api_version_drops_rate(services):
    services.order("PUT", "/limits", {"github": True})

    older = services.get("/rate_limit").json()
    newer = services.get("/rate_limit", X_GitHub_Api_Version="2026-03-10").json()

    assert older["rate"] == older["resources"]["core"]
    assert set(newer) == {"resources"}


def test_a_request_without_a_user_agent_is_forbidden(services):
    connection = http.client.HTTPConnection(services.github.removeprefix("http://"), timeout=60)
    try:
        connection.request("GET", "/meta")
        answer = connection.getresponse()

        assert answer.status == 403
        assert b"User-Agent" in answer.read()
    finally:
        connection.close()
