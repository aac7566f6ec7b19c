"""Random state machines, what running them must lead to, and whether a history says so.

`build` makes a machine, `perform` plays it by the rules of the Amazon States Language and decides
which of its calls fail, `differences` holds the steps of a folded history against that. None of
the three knows the sandbox's interpreter or ghkit.history, so they can disagree with either.
"""

from bench.machines.building import Built, build
from bench.machines.comparing import differences
from bench.machines.performing import Performance, perform

__all__ = ["Built", "Performance", "build", "differences", "perform"]
