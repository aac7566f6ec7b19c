"""The closed sets of words that the mirror stores."""

from django.db.models import TextChoices


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


class RetryStatus(TextChoices):
    """Where a requested retry stands."""

    REQUESTED = "requested", "Requested"
    ACCEPTED = "accepted", "Accepted by AWS"
    REFUSED = "refused", "Refused"
