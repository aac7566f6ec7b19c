"""Gap: ministack unpacks a function's zip anew for each of its processes.

AWS: an execution environment finds its code unpacked, on however many machines it takes ("Lambda
execution environment lifecycle", Lambda Developer Guide), and may not write there. On one machine,
the 39 MB of ours cost each cold start a second of a processor.

Closed by unpacking each zip once and giving every process that one folder.
"""

import hashlib
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

from sandbox.aws.patching import replace
from sandbox.aws.settings import current

_CODE = "code.zip"
_unpacking = threading.Lock()


class _UnpackedOnce(zipfile.ZipFile):
    """Leads to a folder that is there already, where ministack would unpack a function's code."""

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        if path is None or Path(str(self.filename)).name != _CODE:
            super().extractall(path, members, pwd)
            return
        digest = hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()
        shared = current().tmp_dir / f"unpacked-{digest}"
        with _unpacking:
            if not shared.exists():
                partial = shared.with_suffix(".partial")
                super().extractall(partial, members, pwd)
                partial.rename(shared)
        Path(path).rmdir()
        Path(path).symlink_to(shared, target_is_directory=True)


def apply() -> None:
    replace(
        lambda_runtime, "zipfile", SimpleNamespace(**vars(zipfile) | {"ZipFile": _UnpackedOnce})
    )
