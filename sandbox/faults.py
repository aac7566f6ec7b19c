"""Faults to order: answers of a sandbox service that fail or dawdle."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox import orders
from sandbox.orders import BadOrder

FIELDS = ("service", "path", "status", "headers", "times", "rate", "delay_s")

LONGEST_DELAY_S = 600.0
"""Longer than any client waits; a larger number is most likely milliseconds."""


@dataclass(slots=True)
class Fault:
    """What happens to the answers of a path.

    Attributes:
        path: Regular expression, searched for in the path of a request.
        status: The answer instead of the real one; None only dawdles.
        headers: Set on the failing answer, over the usual ones.
        times: How many more answers it meets; None is without end.
        rate: Share of matching requests that it meets, 0 to 1.
        delay_s: How long an answer waits first.
    """

    path: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = None
    rate: float = 1.0
    delay_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class FaultBook:
    """The faults in force, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, path: str, *, chance: Callable[[], float]) -> Fault | None:
        """The first fault that meets this request, counted as used once.

        Nothing awaits between finding and counting, so that on one event loop `times` is exact.

        Args:
            path: Path of the request, without its query.
            chance: Draws a number from 0 up to, but without, 1.
        """
        for fault in self._faults:
            if not re.search(fault.path, path) or chance() >= fault.rate:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
            return fault
        return None


def fault_from(order: Mapping[str, Any]) -> Fault:
    """Read one fault from an order of the control API.

    Raises:
        BadOrder: A field is missing, unknown or of the wrong kind, or nothing would happen.
    """
    orders.only_known(order, FIELDS)
    path = orders.a_string(order.get("path"), "path")
    try:
        re.compile(path)
    except re.error as exc:
        raise BadOrder(f"path: not a regular expression: {exc}") from exc
    status = order.get("status")
    if status is not None and not 300 <= orders.a_whole_number(status, "status") <= 599:
        raise BadOrder(f"status: expected 300 to 599, got {status}")
    times = order.get("times")
    rate = order.get("rate")
    fault = Fault(
        path=path,
        status=status,
        headers={
            name: str(value) if type(value) is int else orders.a_string(value, f"headers.{name}")
            for name, value in orders.an_object(order.get("headers", {}), "headers").items()
        },
        times=None if times is None else orders.a_whole_number(times, "times", at_least=1),
        rate=1.0 if rate is None else orders.a_number(rate, "rate", at_least=0, at_most=1),
        delay_s=orders.a_number(
            order.get("delay_s", 0), "delay_s", at_least=0, at_most=LONGEST_DELAY_S
        ),
    )
    if fault.status is None and fault.delay_s == 0:
        raise BadOrder("status or delay_s: at least one is needed, or nothing would happen")
    return fault
