"""Gap: a ministack that is killed loses everything since it was last stopped cleanly.

AWS: what was answered is kept.

Closed by saving every SANDBOX_AWS_SAVE_INTERVAL_S seconds, see `saver`; a killed emulator loses at
most that much. ministack's own saving on a clean stop, which writes all executions anew and each
service into a file of its own, is replaced by the same. What was started or redriven since the last
save is noted before it is answered, see `journal`, and run again after a kill.
"""

import json
from functools import partial
from http import HTTPStatus
from typing import Any

from ministack import app
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import stepfunctions as asl

from sandbox.aws import lifecycle, snapshots
from sandbox.aws.interpreter import runs
from sandbox.aws.journal import Journal
from sandbox.aws.parity import idempotent_start
from sandbox.aws.patching import replace
from sandbox.aws.saver import Saver
from sandbox.aws.settings import current

NEEDS = ("interpreter",)


def apply() -> None:
    settings = current()
    journal = Journal(settings.state_dir)
    saver = Saver(settings.state_dir, settings.save_interval_s, journal)
    replace(app, "load_state", partial(snapshots.load_service, settings.state_dir))
    load = replace(app, "_load_persisted_state", None)

    def load_all() -> None:
        load()
        executions = snapshots.load_executions(settings.state_dir)
        for record in journal.entries():
            keep_promise(record, executions)
        if executions.has_any():
            app._get_module("stepfunctions").load_persisted_state({"executions": executions})

    start = replace(asl, "_start_execution", None)

    def start_and_promise(data: dict[str, Any]) -> Any:
        is_new = idempotent_start.find_running(data) is None
        response = start(data)
        status, _, body = response
        if is_new and status == HTTPStatus.OK:
            runs.promise(asl._executions[json.loads(body)["executionArn"]])
        return response

    def note(record: dict[str, Any]) -> None:
        with runs.lock:
            journal.note(as_promised(record))

    replace(app, "_load_persisted_state", load_all)
    replace(asl, "_start_execution", start_and_promise)
    runs.on_promise.append(note)
    replace(app, "save_all", lambda _services: None)
    lifecycle.on_request.append(saver.touch)
    lifecycle.background.append(saver.save_periodically)
    lifecycle.on_stop.append(saver.save_now)


def as_promised(record: dict[str, Any]) -> dict[str, Any]:
    """An execution as it is when it begins, though its thread may be ahead of us, or is redriven."""
    if record.get("redriveCount"):
        return record | {"untold": True}
    begun = {"status": "RUNNING", "stopDate": None, "output": None, "untold": True}
    events = record["events"][:1]
    left_out = ("position", "error", "cause")
    kept = {name: value for name, value in record.items() if name not in left_out}
    return kept | begun | {"events": events}


def keep_promise(record: dict[str, Any], executions: AccountRegionScopedDict) -> None:
    """Run what was promised after the last save.

    An execution that the save knows stands there at least as far, unless it was redriven since.
    """
    key = snapshots.key_of(record["executionArn"])
    saved = executions._data.get(key)
    if saved is None or saved.get("redriveCount", 0) < record.get("redriveCount", 0):
        executions._data[key] = record
