"""Pages of executions: where they are, and what a person sees there."""

import re

from django.urls import reverse

from executions import services
from executions.models import Execution
from tests.factories.executions import mirrored, work_off

LIST = "/executions/"
HTMX = {"HX-Request": "true"}


def page(execution, name="detail"):
    return reverse(f"executions:{name}", args=[execution.public_id])


def step_page(row, number, more=""):
    return reverse("executions:step", args=[row.public_id, number]) + more


def text(response):
    """What a person reads, in one line."""
    html = re.sub(
        r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\N{EN DASH}", "-").split())


def poll_of(response, element):
    """When the live part asks again; None when it does not."""
    found = re.search(rf'<div\s+id="{element}"([^>]*)>', response.content.decode())
    trigger = re.search(r'hx-trigger="([^"]*)"', found[1])
    return trigger and trigger[1]


def read(sfn, one, now):
    """The row of an execution whose history was looked at."""
    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)
    work_off(now=now)
    return Execution.objects.get(pk=row.pk)
