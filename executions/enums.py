"""The closed sets of words that the mirror stores."""

from datetime import timedelta

from django.db.models import IntegerChoices, TextChoices


class ExecutionStatus(TextChoices):
    """AWS's own words, so that a row, an event and DescribeExecution compare as they are."""

    RUNNING = "RUNNING", "Running"
    SUCCEEDED = "SUCCEEDED", "Succeeded"
    FAILED = "FAILED", "Failed"
    TIMED_OUT = "TIMED_OUT", "Timed out"
    ABORTED = "ABORTED", "Aborted"
    PENDING_REDRIVE = "PENDING_REDRIVE", "Pending redrive"


OPEN_STATUSES = (ExecutionStatus.RUNNING, ExecutionStatus.PENDING_REDRIVE)
FAILURES = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED)


class StepStatus(TextChoices):
    """How a state's visit stands; ghkit.history tells them apart."""

    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    CAUGHT = "caught", "Caught"
    FAILED = "failed", "Failed"
    TIMED_OUT = "timed_out", "Timed out"
    ABORTED = "aborted", "Aborted"


class RetryAction(TextChoices):
    """What a retry does."""

    REDRIVE = "redrive", "Resume where it failed"
    RESTART = "restart", "Start anew"
    NONE = "none", "Nothing"


class OrderStatus(TextChoices):
    """Where an order stands: a retry, a stop or a start by hand."""

    REQUESTED = "requested", "Requested"
    ACCEPTED = "accepted", "Accepted by AWS"
    REFUSED = "refused", "Refused"


class BulkStatus(TextChoices):
    """Where a bulk retry stands."""

    COLLECTING = "collecting", "Collecting"
    RUNNING = "running", "Asking for retries"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class ItemStatus(TextChoices):
    """Where one execution of a bulk retry stands; once asked for, its retry tells the rest."""

    WAITING = "waiting", "Waiting"
    ASKED = "asked", "Asked for"
    SKIPPED = "skipped", "Nothing to retry"
    CANCELLED = "cancelled", "Cancelled"


class Took(IntegerChoices):
    """How long an ended execution took, in classes: a list is filtered by one at the cost of none."""

    UNDER_1_S = 0, "under 1 s"
    UNDER_10_S = 1, "1 to 10 s"
    UNDER_1_MIN = 2, "10 s to 1 min"
    UNDER_10_MIN = 3, "1 to 10 min"
    UNDER_1_H = 4, "10 min to 1 h"
    LONGER = 5, "1 h and longer"

    @classmethod
    def of(cls, duration: timedelta) -> "Took":
        """Return the class of a duration; the bounds belong to the longer one."""
        bounds_s = (1, 10, 60, 600, 3_600)
        return cls(sum(duration >= timedelta(seconds=bound) for bound in bounds_s))
