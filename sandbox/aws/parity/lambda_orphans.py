"""Gap: when ministack is killed, a Lambda that is busy lives on.

AWS: has no such thing. Here it would hold ports and files of a sandbox that is gone, and write to
the one that is started next.

Closed by a thread in each function's process that ends it when the emulator is gone. (Asking the
kernel for a signal on the parent's death would not do: it comes when the thread that started the
process ends, and ministack's do after each invocation.)
"""

from sandbox.aws import lambda_worker

_BEGIN = "\ndef run():\n"


def apply() -> None:
    lambda_worker.edit(_BEGIN, f"{_BEGIN}    follow_parent()\n")
