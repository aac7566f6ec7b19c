"""What the pinned ministack does unlike AWS, closed one named gap a module.

Each module says in its docstring what the gap is, what AWS does and where that is written, and has
an `apply()` that closes it. Modules that build on others name them in `NEEDS`. To see what a gap
looks like, name it in SANDBOX_AWS_WITHOUT; the tests do so to prove that each is needed.
"""

from collections.abc import Collection
from importlib import import_module

# In this order, because some wrap what others put in place.
GAPS = (
    "lambda_errors",
    "lambda_idle_wait",
    "lambda_cold_start",
    "lambda_unpacking",
    "lambda_orphans",
    "lambda_crowding",
    "service_races",
    "integration_errors",
    "integration_metadata",
    "missing_paths",
    "terminal_errors",
    "retry_delays",
    "status_events",
    "interpreter",
    "execution_crowding",
    "machine_timeout",
    "data_limits",
    "definition_lint",
    "definition_snapshot",
    "start_validation",
    "idempotent_start",
    "redrive",
    "nested_executions",
    "restarts",
    "unbounded_growth",
    "periodic_save",
)


class UnknownGap(Exception):
    """SANDBOX_AWS_WITHOUT names something else than a gap."""


def apply(*, without: Collection[str]) -> None:
    """Close every gap but those named and those that build on them.

    Raises:
        UnknownGap: A name in `without` is not one of `GAPS`.
    """
    unknown = sorted(set(without) - set(GAPS))
    if unknown:
        raise UnknownGap(f"{', '.join(unknown)}: not one of {', '.join(GAPS)}")
    left_open = set(without)
    for name in GAPS:
        module = import_module(f"{__name__}.{name}")
        if name in left_open or left_open.intersection(getattr(module, "NEEDS", ())):
            left_open.add(name)
        else:
            module.apply()
