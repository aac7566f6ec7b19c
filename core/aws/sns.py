"""SNS, as far as the dashboard asks it: whether anybody gets the mails."""

from __future__ import annotations

from core.aws import client
from core.aws.errors import translated

PENDING = "PendingConfirmation"
"""What stands for an ARN until the receiver has followed the link in SNS's first mail."""


def count_subscriptions(topic_arn: str) -> tuple[int, int]:
    """Return how many of a topic's first hundred subscriptions are confirmed, and how many not."""
    with translated():
        found = client.sns().list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    pending = sum(one.get("SubscriptionArn") == PENDING for one in found)
    return len(found) - pending, pending
