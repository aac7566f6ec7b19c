"""docs/sandbox-github.md tells of everything that the services take."""

import re
from pathlib import Path

from starlette.routing import Route

from sandbox.control import app as control_app
from sandbox.directory import app as directory_app
from sandbox.directory.app import DirectoryService
from sandbox.directory.records import Records
from sandbox.github.routes import (
    apps,
    deliveries,
    invitations,
    meta,
    organizations,
    repositories,
    runs,
    teams,
)
from sandbox.services import __doc__ as usage

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox-github.md").read_text()


def test_every_call_of_the_control_api_is_described():
    app = control_app.create_app(None)
    calls = {
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }

    # The directory's calls stand before.
    control = PAGE[PAGE.index("## Control API") :]
    assert calls == set(
        re.findall(r"^\| `((?:GET|PUT|POST|DELETE) [^`? ]+)", control, re.MULTILINE)
    )


def test_every_route_of_github_is_named():
    modules = (apps, deliveries, invitations, meta, organizations, repositories, runs, teams)
    ends = {route.path.rpartition("/")[2] for module in modules for route in module.routes}
    words = {end for end in ends if "{" not in end}

    assert {word for word in words if f"/{word}" not in PAGE} == set()


def test_every_route_of_the_directory_is_named():
    paths = {
        route.path for route in directory_app.create_app(DirectoryService("", Records())).routes
    }

    assert {path for path in paths if f"`GET {path}" not in PAGE} == set()


def test_every_setting_is_described():
    settings = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", usage or ""))

    assert settings == set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE))
