"""Starting and resuming executions no faster than the account's buckets allow.

What AWS refuses counts against everybody in the account: a queue of thousands, drained by many
threads, would spend its time on being refused. So whoever starts or resumes, for a delivery, a retry, a
person or by hand, does it here, and draws before AWS is asked. A process draws a few at a time, which
keeps the bucket's row out of the way, and may use the last of them later: so few that AWS's answer to
one start too many is cheaper than giving them back.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from core.aws import stepfunctions
from core.aws.errors import AwsThrottled
from executions.services import buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = structlog.get_logger(__name__)

# As many as a worker claims rows at once.
_DRAWN_AT_ONCE = 20


class Drawer:
    """A process's hand in one API's bucket; its threads share it.

    Args:
        api: The API's name, for example `StartExecution`.
        clock: Tells the time. Machines whose clocks differ see the bucket fuller by that much.
        sleep: Waits for so many seconds. No other thread of this process gets on meanwhile: each
            would wait for the same.
    """

    def __init__(
        self, api: str, *, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._api = api
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._drawn = 0

    def draw(self) -> None:
        """Return once one more call may be made; waits while the bucket is empty."""
        with self._lock:
            while not self._drawn:
                self._drawn = buckets.draw(self._api, wanted=_DRAWN_AT_ONCE, now=self._clock())
                if not self._drawn:
                    # Until there is one for each thread of a worker.
                    self._sleep(max(_DRAWN_AT_ONCE / 2 / settings.AWS_BUCKET_PER_S, 0.01))
            self._drawn -= 1

    def throttled(self) -> None:
        """Note that AWS refused a call: somebody else draws on the account, too."""
        with self._lock:
            self._drawn = 0
            buckets.empty(self._api, now=self._clock())
        log.warning("executions.throttled", api=self._api)


def _now() -> datetime:
    return datetime.now(UTC)


# Quotas of Step Functions: each of the two has a bucket for itself, of the same size.
_starts = Drawer("StartExecution", clock=_now, sleep=time.sleep)
_redrives = Drawer("RedriveExecution", clock=_now, sleep=time.sleep)


def start_execution(
    *, state_machine_arn: str, name: str, input_json: str, is_drawn: bool = False
) -> stepfunctions.Started:
    """Start an execution as soon as the bucket allows. Call it outside any transaction: it waits.

    Args:
        state_machine_arn: The machine.
        name: Ours, which makes a repetition harmless.
        input_json: The input.
        is_drawn: Whether the caller has drawn already, as for one of many.

    Raises:
        As `stepfunctions.start_execution`. After AwsThrottled the bucket counts as empty for all.
    """
    with _paced(_starts, is_drawn=is_drawn):
        return stepfunctions.start_execution(
            state_machine_arn=state_machine_arn, name=name, input_json=input_json
        )


def redrive_execution(arn: str, *, client_token: str, is_drawn: bool = False) -> datetime:
    """Resume an execution as soon as the bucket allows; see `start_execution`."""
    with _paced(_redrives, is_drawn=is_drawn):
        return stepfunctions.redrive_execution(arn, client_token=client_token)


@contextmanager
def _paced(drawer: Drawer, *, is_drawn: bool) -> Iterator[None]:
    if not is_drawn:
        drawer.draw()
    try:
        yield
    except AwsThrottled:
        drawer.throttled()
        raise
