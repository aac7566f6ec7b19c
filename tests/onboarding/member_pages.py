"""What a reader sees on a member's page, and the work behind its buttons."""

import html
import re

from django.utils import timezone

from onboarding import services
from onboarding.models import MemberChore


def text_of(response):
    """What a person reads, in one line."""
    text = re.sub(
        r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))


def table_row(response, name):
    row = re.search(
        rf'<th scope="row">{name}</th>(.*?)</tr>', response.content.decode(), re.DOTALL
    )
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", row[1]).split()))


def do_chores():
    services.do_due_chores(clock=timezone.now)
    return MemberChore.objects.order_by("-pk").first()
