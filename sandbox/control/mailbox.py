"""A mailbox that subscribes to SNS topics over HTTP and keeps what they publish."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox import orders
from sandbox.orders import BadOrder

MAILS_KEPT = 10_000

LOOPBACK_NAMES = ("127.0.0.1", "localhost")
"""Names under which the emulator may speak of itself."""


@dataclass(slots=True)
class Mail:
    """What SNS would have sent by e-mail."""

    subject: str
    body: str
    at: str


class Mailbox:
    """The newest mails, oldest first."""

    def __init__(self) -> None:
        self.revision = 0
        self._mails: deque[Mail] = deque(maxlen=MAILS_KEPT)

    def keep(self, mail: Mail) -> None:
        self._mails.append(mail)
        self.revision += 1

    def clear(self) -> None:
        self._mails.clear()
        self.revision += 1

    def as_dicts(self) -> list[dict[str, Any]]:
        return [asdict(mail) for mail in self._mails]


def mail_from(message: dict[str, Any], *, received_at: str) -> Mail:
    """Read a mail from a Notification of SNS.

    Raises:
        BadOrder: It has no message in it.
    """
    return Mail(
        # SNS writes this one where the publisher gave none.
        subject=message.get("Subject") or "AWS Notification Message",
        body=orders.a_string(message.get("Message"), "Message"),
        at=message.get("Timestamp") or received_at,
    )


def confirmation_url(message: dict[str, Any], *, emulator: str) -> str:
    """Where to confirm a subscription, at the emulator's own address.

    Anyone on the machine can post here, so no other address is ever visited.

    Raises:
        BadOrder: The address is not the emulator's.
    """
    given = urlsplit(orders.a_string(message.get("SubscribeURL"), "SubscribeURL"))
    known = urlsplit(emulator)
    names = LOOPBACK_NAMES if known.hostname in LOOPBACK_NAMES else (known.hostname,)
    if given.hostname not in names or given.port != known.port:
        raise BadOrder(f"SubscribeURL: {given.netloc} is not the emulator at {known.netloc}")
    return known._replace(path=given.path, query=given.query).geturl()
