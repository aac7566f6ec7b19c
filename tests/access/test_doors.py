"""Every URL is closed to strangers, except the ones on a list with a reason each."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

OPEN = {
    "sign-in/": "the gate itself",
    "healthz": "asked by the machine next door",
    "readyz": "asked by the machine next door",
    "metrics": "asked by the machine next door",
    "webhooks/github/": "signed by GitHub",
    "webhooks/github": "the same",
}
SAMPLES = {
    "uuid": str(UUID(int=7)),
    "int": "7",
    "str": "x",
    "slug": "x",
    "path": "x/y",
}


def routes(patterns=None, prefix="") -> Iterator[str]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def sample(route: str) -> str:
    while "<" in route:
        before, _, rest = route.partition("<")
        inside, _, after = rest.partition(">")
        converter = inside.partition(":")[0] if ":" in inside else "str"
        route = before + SAMPLES.get(converter, "x") + after
    return "/" + route


@pytest.mark.django_db
def test_a_stranger_gets_in_nowhere_but_through_the_open_doors(client):
    entered = {}
    for route in routes():
        for method in ("get", "post"):
            response = getattr(client, method)(sample(route))
            is_sent_to_gate = response.get("Location", "").startswith(reverse("access:login"))
            if response.status_code not in {401, 405} and not is_sent_to_gate:
                entered[route] = response.status_code

    assert entered.keys() - OPEN.keys() == set()


@pytest.mark.django_db
def test_the_api_tells_strangers_401_and_its_pages_send_them_to_the_gate(client):
    schema, docs = client.get(reverse("api-schema")), client.get(reverse("api-docs"))

    assert (schema.status_code, schema["WWW-Authenticate"]) == (401, 'Bearer realm="ghadmin"')
    assert docs["Location"] == f"{reverse('access:login')}?next={reverse('api-docs')}"


@pytest.mark.django_db
def test_the_schema_and_its_page_open_to_a_session(client, ada):
    client.force_login(ada)

    assert client.get(reverse("api-docs")).status_code == 200
    assert b"apiToken" in client.get(reverse("api-schema")).content


@pytest.mark.django_db
def test_a_part_of_a_page_makes_a_stranger_load_the_whole_page_again(client):
    response = client.get(reverse("executions:list"), headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Refresh"], response.content) == (401, "true", b"")
