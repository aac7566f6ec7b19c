"""Gap: ministack starts a thread for each execution, however many run.

AWS: runs a million at a time ("Service quotas", Step Functions Developer Guide). Here thirty
thousand threads are more than Linux gives a process, and long before that, executions that all
wait for the same few processors keep each other from ever ending.

Closed by interpreting SANDBOX_AWS_EXECUTIONS_AT_ONCE executions at a time; the others have started
and wait for their first state, as if they had been asked for a little later. Who waits itself, for
a clock, a token or a nested execution, does not count.
"""

from sandbox.aws.interpreter import turns
from sandbox.aws.settings import current

NEEDS = ("interpreter",)


def apply() -> None:
    turns.of_executions.at_once = current().executions_at_once
