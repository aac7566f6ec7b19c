"""The script that ministack runs in the process of every Python Lambda."""

from pathlib import Path

from ministack.core import lambda_runtime

_PROCESS = Path(__file__).with_name("lambda_process.py").read_text()


def edit(old: str, new: str) -> None:
    """Put `new` in place of the one occurrence of `old`; it may call `lambda_process`.

    Raises:
        AttributeError: This is not the ministack that the parity modules were written for.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(old) != 1:
        raise AttributeError(f"ministack's worker script does not have exactly one: {old}")
    script = script.replace(old, new)
    if not script.startswith(_PROCESS):
        script = _PROCESS + script
    lambda_runtime._PYTHON_WORKER_SCRIPT = script
