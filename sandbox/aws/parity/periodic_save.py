"""Gap: a ministack that is killed loses everything since it was last stopped cleanly.

AWS: what was answered is kept.

Closed by saving every SANDBOX_AWS_SAVE_INTERVAL_S seconds, see `saver`; a killed emulator loses at
most that much. ministack's own saving on a clean stop, which writes all executions anew and each
service into a file of its own, is replaced by the same.
"""

from functools import partial

from ministack import app

from sandbox.aws import lifecycle, snapshots
from sandbox.aws.patching import replace
from sandbox.aws.saver import Saver
from sandbox.aws.settings import current

NEEDS = ("interpreter",)


def apply() -> None:
    settings = current()
    saver = Saver(settings.state_dir, settings.save_interval_s)
    replace(app, "load_state", partial(snapshots.load_service, settings.state_dir))
    load = replace(app, "_load_persisted_state", None)

    def load_all() -> None:
        load()
        executions = snapshots.load_executions(settings.state_dir)
        if executions.has_any():
            app._get_module("stepfunctions").load_persisted_state({"executions": executions})

    replace(app, "_load_persisted_state", load_all)
    replace(app, "save_all", lambda _services: None)
    lifecycle.on_request.append(saver.touch)
    lifecycle.background.append(saver.save_periodically)
    lifecycle.on_stop.append(saver.save_now)
