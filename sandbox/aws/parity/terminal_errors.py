"""Gap: in ministack States.ALL and States.TaskFailed match errors that end an execution on AWS.

AWS: States.ALL matches neither States.DataLimitExceeded nor States.Runtime ("Error handling",
Step Functions Developer Guide). States.Runtime cannot be caught even by its own name (a history
recorded from AWS). The guide is stricter than a recording, in which States.ALL caught the
DataLimitExceeded of a Lambda's result: we follow the guide, so what survives here survives there.

Closed by answering for these two names before ministack does.
"""

from collections.abc import Collection

from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace


def apply() -> None:
    matches = replace(asl, "_error_matches", None)

    def matches_as_on_aws(error_equals: Collection[str], error: str) -> bool:
        if error == "States.Runtime":
            return False
        if error == "States.DataLimitExceeded":
            return error in error_equals
        return bool(matches(error_equals, error))

    replace(asl, "_error_matches", matches_as_on_aws)
