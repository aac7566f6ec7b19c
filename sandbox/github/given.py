"""Reading what somebody gave of a run's repository, in whichever of GitHub's ways."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.orders import BadOrder, a_string, a_whole_number, an_object

REPOSITORY_IN_URL = re.compile(r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)/actions/runs/")


def without_links(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an object but its addresses.

    What a run says of its repository may be copied from the real GitHub; the repository here is
    still to be found here, and clients refuse links that lead to another host.
    """
    return {
        name: without_links(value) if isinstance(value, dict) else value
        for name, value in given.items()
        if name != "url" and not name.endswith("_url")
    }


def repository_named_in(run: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Owner, name and the given fields of the repository that a run belongs to.

    Raises:
        BadOrder: Neither `repository` nor a URL of the run names it.
    """
    given = an_object(run.get("repository") or {}, "run.repository")
    owner = an_object(given.get("owner") or {}, "run.repository.owner")
    for field_name, holder in (("owner.id", owner), ("id", given)):
        number = holder.get(field_name.rpartition(".")[2])
        if number is not None:
            a_whole_number(number, f"run.repository.{field_name}", at_least=1)
    if "full_name" in given:
        full_name = a_string(given["full_name"], "run.repository.full_name")
        login, slash, name = full_name.partition("/")
        if not (login and slash and name) or "/" in name:
            raise BadOrder(f"run.repository.full_name: expected owner/name, got {full_name!r}")
        return login, name, given
    if owner.get("login") and given.get("name"):
        return (
            a_string(owner["login"], "run.repository.owner.login"),
            a_string(given["name"], "run.repository.name"),
            given,
        )
    for field_name in ("url", "jobs_url"):
        found = REPOSITORY_IN_URL.search(str(run.get(field_name, "")))
        if found:
            return found["owner"], found["name"], given
    raise BadOrder("run.repository.full_name: missing, and no URL of the run names the repository")
