"""`manage.py run_mirror`: keep the mirror of Step Functions current, until SIGTERM."""

import signal
import time
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from core.aws import sqs, stack
from core.aws.errors import AwsError
from executions import services

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 300.0
# Beyond the first message a batch is there at once; SQS allows waiting this long for the first.
POLL_S = 20
PAUSE_AFTER_FAILURE_S = 3.0
# Progress is written down this often, so that consumers do not queue for that one row.
NOTE_EVERY_S = 2.0


class _Stopped(BaseException):
    """Not an Exception: nothing on the way up may take it for a failure of AWS."""


class Command(BaseCommand):
    """Run the mirror's consumer; run as many as wanted."""

    help = "Reads status changes from SQS into the database and sweeps for what events missed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sweep-every",
            type=float,
            default=SWEEP_EVERY_S,
            metavar="SECONDS",
            help="pause between two sweeps (default: 300)",
        )

    def handle(self, **options: Any) -> None:
        self.prepare(sweep_every_s=options["sweep_every"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        log.info("executions.mirror_started")
        try:
            while not self.stopping:
                # What a request would do; a connection that broke is opened anew.
                close_old_connections()
                self.turn()
        except _Stopped:
            pass
        log.info("executions.mirror_stopped")

    def prepare(self, *, sweep_every_s: float) -> None:
        self.stopping = False
        self.is_waiting = False
        self.poll_s = POLL_S
        self.sweep_at = time.monotonic()
        self.sweep_every_s = sweep_every_s
        self.noted_at = self.archive_at = float("-inf")

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Stop at once while waiting for AWS or the clock, else after the batch in hand."""
        self.stopping = True
        if self.is_waiting:
            raise _Stopped

    def turn(self) -> None:
        """Sweep if it is time, then take in one batch; failures are waited out."""
        try:
            if time.monotonic() >= self.sweep_at:
                self.sweep_at = time.monotonic() + self.sweep_every_s
                services.sweep(now=timezone.now())
            self.take_in_batch()
            self.archive()
        except (AwsError, DatabaseError) as exc:
            log.warning("executions.mirror_waits", error=str(exc))
            self.pause()

    def take_in_batch(self) -> None:
        queue_url = stack.output("StatusQueueUrl")
        messages = self.receive(queue_url)
        now = timezone.now()
        if messages:
            done = services.take_in(messages, now=now)
            # Only now: had this process died before, SQS would deliver them again.
            for kept in sqs.delete_batch(queue_url, done):
                log.warning("executions.message_not_deleted", message_id=kept.message_id)
        # A full batch says that more may wait: then nobody knows how far behind this is.
        if len(messages) < sqs.BATCH_SIZE and time.monotonic() - self.noted_at >= NOTE_EVERY_S:
            services.note_progress(caught_up_at=now)
            self.noted_at = time.monotonic()

    def archive(self) -> None:
        if time.monotonic() >= self.archive_at:
            self.archive_at = time.monotonic() + services.ARCHIVE_EVERY.total_seconds()
            services.archive_successes(now=timezone.now())

    def receive(self, queue_url: str) -> list[sqs.Message]:
        wait_s = int(max(0.0, min(self.poll_s, self.sweep_at - time.monotonic())))
        self.is_waiting = True
        try:
            if self.stopping:
                raise _Stopped
            return sqs.receive(queue_url, wait_s=wait_s)
        finally:
            self.is_waiting = False

    def pause(self) -> None:
        self.is_waiting = True
        try:
            if not self.stopping:
                time.sleep(PAUSE_AFTER_FAILURE_S)
        finally:
            self.is_waiting = False
