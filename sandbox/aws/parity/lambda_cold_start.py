"""Gap: ministack imports botocore into the process of every Lambda, whether it is used or not.

AWS: a function pays for what it imports itself. Here it costs a cold start 0.15 s and each process
15 MB, only to count how often functions invoke each other, which ours do not do.

Closed by leaving that import out.
"""

from sandbox.aws import lambda_worker

_INSTALL = "\n    _ms_install_invoke_depth()\n"


def apply() -> None:
    lambda_worker.edit(_INSTALL, "\n")
