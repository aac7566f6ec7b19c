"""Waiting for what another process or thread does."""

import time

import pytest

# For a loaded machine: a test that passes does not wait so long.
PATIENCE_S = 120


def eventually(look, *steps, what="what was waited for", seconds=None):
    """Take the steps again and again until `look` finds something true, and return that.

    Args:
        look: Looks once.
        steps: What makes it come about, where nobody else does.
        what: Names it where it does not come; called then, if that needs looking.
        seconds: Patience; `PATIENCE_S` where none is given.
    """
    seconds = PATIENCE_S if seconds is None else seconds
    deadline = time.monotonic() + seconds
    while True:
        for step in steps:
            step()
        if found := look():
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"{what() if callable(what) else what}: not seen within {seconds:.0f} s")
        time.sleep(0.05)
