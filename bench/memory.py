"""How much memory processes take, those that they start among them."""

import os
import threading
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_EVERY_S = 0.5


def peak_megabytes(process_ids: list[int], over: threading.Event) -> dict[str, float]:
    """Look at process trees until `over` is set.

    Returns:
        `aws`: the most megabytes that were resident at once, pages shared between processes
        counted in each; `processes`: the most processes.
    """
    peak = {"aws": 0.0, "processes": 0.0}
    while not over.wait(_EVERY_S):
        family = _family(set(process_ids))
        resident = sum(map(_resident_bytes, family))
        peak["aws"] = max(peak["aws"], resident / 1e6)
        peak["processes"] = max(peak["processes"], len(family))
    return peak


def _family(roots: set[int]) -> set[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold blanks; what follows it does not.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    family = set(roots)
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _resident_bytes(process_id: int) -> int:
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
