"""Asking each piece of the set-up whether it is in place, and saying how to put it right.

All pieces are asked at once, each in a thread of its own: one that hangs delays nothing but its own
answer.
"""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from celery import current_app
from django.conf import settings
from django.db import connections
from django.utils.text import Truncator

from core import github, work
from core.aws import sns, sqs, stack, stepfunctions
from core.aws.errors import AwsForbidden, AwsUnavailable
from core.errors import DomainError
from executions.selectors import mirror_lag_s
from executions.services import our_machines
from ghkit.errors import GhkitError, GitHubUnavailable, RateLimited
from ghkit.github import hooks
from ghkit.inputs import INPUTS
from webhooks.models import Delivery, Installation, LoggedDelivery

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TIMEOUT_S: Final = 10.0
_MAX_LAG_S: Final = 120
_MAX_AGE: Final = timedelta(minutes=2)
_LEVELS: Final = ("read", "write", "admin")
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Finding:
    """How one piece stands.

    Attributes:
        state: `ok`, `warn` (works, but look at it) or `missing`.
        says: What was found.
        remedy: How to put it right; empty where nothing is to be done.
    """

    state: str
    says: str
    remedy: str = ""
    name: str = ""

    @property
    def look(self) -> str:
        """The state as a code for `{% status %}`."""
        return {"ok": "success", "warn": "warning"}.get(self.state, "failed")


def check_all(*, webhook_url: str, now: datetime) -> list[Finding]:
    """Ask every piece, and wait no longer than `TIMEOUT_S` seconds, however many hang.

    Args:
        webhook_url: Where GitHub's deliveries ought to arrive, as this dashboard is reached.
        now: The moment.
    """
    checks: dict[str, Callable[[], Finding]] = {
        "Webhook secret": check_secret,
        "Deliveries": lambda: check_deliveries(now=now),
        "GitHub App": check_app,
        "Permissions and events": check_permissions,
        "Webhook address": lambda: check_webhook(webhook_url),
        "Installations": check_installations,
        "AWS stack": check_stack,
        "Status queue and mirror": lambda: check_mirror(now=now),
        "Broker": check_broker,
        "Workers": lambda: check_workers(now=now),
        "Mail": check_mail,
    }
    pool = ThreadPoolExecutor(len(checks), "set-up")
    try:
        asked = {name: pool.submit(_ask, check) for name, check in checks.items()}
        wait(asked.values(), timeout=TIMEOUT_S)  # for all of them together
        return [_answer(name, future) for name, future in asked.items()]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def check_secret() -> Finding:
    """Look for the webhook's secret."""
    if not settings.GITHUB_WEBHOOK_SECRET:
        remedy = "Set GITHUB_WEBHOOK_SECRET to the secret of the App's webhook."
        return Finding("missing", "No secret is set, so every delivery is refused.", remedy)
    if settings.GITHUB_WEBHOOK_SECRET_OLD:
        remedy = "Remove GITHUB_WEBHOOK_SECRET_OLD once GitHub has the new one."
        return Finding("warn", "Two secrets are taken: it is being changed.", remedy)
    return Finding("ok", "A secret is set.")


def check_deliveries(*, now: datetime) -> Finding:
    """Look for a delivery whose signature was good, and for ones that were refused for it."""
    refused = LoggedDelivery.objects.filter(
        status_code=_UNAUTHORIZED, attempted_at__gte=now - timedelta(days=1)
    ).count()
    latest = Delivery.objects.order_by("-pk").only("event", "received_at").first()
    ping = Delivery.objects.filter(event="ping").order_by("-pk").only("received_at").first()
    if refused:
        remedy = "Give the App's webhook and GITHUB_WEBHOOK_SECRET the same secret."
        says = f"{refused:,} deliveries of the last 24 hours had a signature that did not fit."
        return Finding("missing", says, remedy)
    if latest is None:
        remedy = "Press “Redeliver” on the App's ping at GitHub (Advanced, Recent deliveries)."
        return Finding("missing", "No delivery has arrived, not even a ping.", remedy)
    pinged = f"; a ping on {ping.received_at:%d %b %Y, %H:%M} UTC" if ping else ""
    return Finding(
        "ok",
        f"Signatures fit: the latest delivery, {latest.event}, arrived on"
        f" {latest.received_at:%d %b %Y, %H:%M} UTC{pinged}.",
    )


def check_app() -> Finding:
    """Sign in as the App."""
    found = hooks.get_app(github.app())
    return Finding("ok", f"Signed in as {found.get('slug') or found.get('name')}.")


def check_permissions() -> Finding:
    """Compare what the App may and hears with its manifest."""
    path = settings.BASE_DIR / "aws" / "github-app-manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    found = hooks.get_app(github.app())
    granted = found.get("permissions") or {}
    lacking = [
        f"{name}: {level}"
        for name, level in manifest["default_permissions"].items()
        if _level(granted.get(name)) < _level(level)
    ]
    deaf = sorted(set(manifest["default_events"]) - set(found.get("events") or []))
    if lacking or deaf:
        parts = [
            f"permissions {', '.join(lacking)}" if lacking else "",
            f"events {', '.join(deaf)}" if deaf else "",
        ]
        remedy = "Add them at GitHub under the App's “Permissions & events”."
        return Finding("missing", f"The App lacks {' and '.join(filter(None, parts))}.", remedy)
    return Finding("ok", "The App has every permission and event of the manifest.")


def check_webhook(url: str) -> Finding:
    """Compare where the App's webhook leads with where this dashboard is."""
    found = hooks.get_webhook(github.app())
    if str(found.get("insecure_ssl")) == "1":
        remedy = "Turn “SSL verification” on in the App's webhook."
        return Finding("missing", "GitHub does not check this dashboard's certificate.", remedy)
    if not found.get("secret"):
        remedy = "Enter the secret in the App's webhook."
        return Finding("missing", "The App's webhook has no secret.", remedy)
    if str(found.get("url")).rstrip("/") != url.rstrip("/"):
        remedy = (
            f"Enter {url} in the App's webhook, unless deliveries take another way on purpose."
        )
        return Finding("warn", f"The App's webhook leads to {found.get('url')}.", remedy)
    return Finding("ok", f"The App's webhook leads to {url}.")


def check_installations() -> Finding:
    """Look for owners who have the App, and for ones who suspended it."""
    known = Installation.objects.filter(deleted_at=None)
    active = known.filter(suspended_at=None).count()
    suspended = list(
        known.exclude(suspended_at=None).order_by("account_login").values_list("account_login")[:5]
    )
    if not active:
        remedy = "Install the App on the organisation, then ask GitHub on the page Installations."
        return Finding("missing", "No active installation is known.", remedy)
    if suspended:
        names = ", ".join(login for (login,) in suspended)
        remedy = "The owner unsuspends it in the organisation's settings, under GitHub Apps."
        return Finding("warn", f"{active} active; suspended by {names}.", remedy)
    return Finding("ok", f"{active} active.")


def check_stack() -> Finding:
    """Find the stack, and each of its state machines, whether or not a route starts it."""
    for machine in INPUTS:
        stack.state_machine_arn(machine)  # says which one an older stack has not
    machines = our_machines()
    for arn in machines:
        next(stepfunctions.list_executions(arn), None)
    names = ", ".join(sorted(machines.values()))
    return Finding("ok", f"{settings.GHADMIN_STACK} is deployed, with {names}.")


def check_mirror(*, now: datetime) -> Finding:
    """Count what waits in the queue, and measure how old is what the mirror shows."""
    waiting = sqs.depth(stack.output("StatusQueueUrl"))
    lag_s = mirror_lag_s(now=now)
    if lag_s is None or lag_s > _MAX_LAG_S:
        says = "never ran" if lag_s is None else f"is {lag_s:,.0f} s behind"
        remedy = "Start `python manage.py run_mirror`."
        return Finding("missing", f"The mirror {says}; {waiting:,} messages wait.", remedy)
    return Finding("ok", f"The mirror is {lag_s:.0f} s behind; {waiting:,} messages wait.")


def check_broker() -> Finding:
    """Connect to the broker, which may be away: the rows are the work."""
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
            return Finding("ok", f"The {broker.transport.driver_type} broker answers.")
    except Exception as exc:  # noqa: BLE001 -- every transport has its own errors
        remedy = "See CELERY_BROKER_URL. Until then workers find work once a second by themselves."
        return Finding("warn", f"The broker does not answer: {type(exc).__name__}.", remedy)


def check_workers(*, now: datetime) -> Finding:
    """Look for work that is due and that nobody takes."""
    late = [
        model._meta.verbose_name_plural
        for model in work.kinds()
        if work.due(model, now=now - _MAX_AGE).exists()
    ]
    if late:
        remedy = "Start a worker: `celery -A ghadmin worker --pool threads`."
        return Finding(
            "missing", f"Due for over two minutes: {', '.join(map(str, late))}.", remedy
        )
    return Finding("ok", "No work is due for longer than two minutes.")


def check_mail() -> Finding:
    """Look for somebody who gets the mails."""
    confirmed, pending = sns.count_subscriptions(stack.output("TopicArn"))
    if confirmed:
        return Finding("ok", f"{confirmed} confirmed, {pending} pending.")
    remedy = "Deploy with NotifyEmail, or subscribe to the topic, and follow the link in the mail."
    return Finding("missing", f"Nobody gets the mails; {pending} pending.", remedy)


def _ask(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (DomainError, GhkitError) as exc:
        return Finding("missing", Truncator(str(exc)).chars(300), _remedy(exc))
    finally:
        connections.close_all()  # this thread belongs to no request


def _remedy(exc: DomainError | GhkitError) -> str:
    match exc:
        case GitHubUnavailable() | RateLimited():
            return "Ask again in a moment: GitHub is looked for at GITHUB_API_URL, and what waits goes on by itself."
        case github.GitHubNotConfigured() | GhkitError():
            return (
                "Set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY to the App's,"
                " GITHUB_API_URL to GitHub's."
            )
        case AwsForbidden():
            return "Attach the policy that the stack's output DashboardPolicyArn names to what the dashboard runs as."
        case AwsUnavailable() if not isinstance(exc, stack.StackMissing | stack.OutputMissing):
            return (
                "Ask again in a moment: AWS_REGION says where AWS is asked, the credentials as whom,"
                " and what waits goes on by itself."
            )
        case _:
            return "Deploy the stack; AWS_REGION, GHADMIN_STACK and the credentials say which."


def _answer(name: str, future: Future[Finding]) -> Finding:
    try:
        found = future.result(timeout=0)
    except NotInTime:
        found = Finding("missing", f"No answer within {TIMEOUT_S:.0f} s.")
    except Exception as exc:  # noqa: BLE001 -- whatever it is, the piece is not in place
        found = Finding("missing", f"The check itself failed: {type(exc).__name__}.")
    return Finding(found.state, found.says, found.remedy, name)


def _level(name: str | None) -> int:
    return _LEVELS.index(name) + 1 if name in _LEVELS else 0
