"""A disk that is full, broken or read-only for a moment, for every process of a run."""

from __future__ import annotations

import errno
import random
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.soak.victims import Driver, Strike

_CODE = Path(__file__).with_suffix(".c")


class BadDisk:
    """Refuses calls on files below ``folder`` in processes with ``LD_PRELOAD=library``."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._control, self.library = scratch / "disk", scratch / "bad_disk.so"
        names = {"FOLDER": folder, "CONTROL": self._control}
        given = [f'-D{name}="{path}"' for name, path in names.items()]
        command: list[str | Path] = [
            "cc",
            "-shared",
            "-fPIC",
            "-O1",
            *given,
            _CODE,
            "-o",
            self.library,
            "-ldl",
        ]
        subprocess.run(command, check=True)

    def strikes(self) -> Mapping[str, Strike]:
        numbers = (errno.ENOSPC, errno.EIO, errno.EROFS)
        return {f"disk {errno.errorcode[number]}": self._strike(number) for number in numbers}

    def _strike(self, number: int) -> Strike:
        def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
            before = self._refused()
            part = self._control.with_suffix(".part")
            part.write_text(str(number))
            part.replace(self._control)
            time.sleep(rng.uniform(0.05, 1.5))
            self._control.unlink()
            return self._refused() > before

        return strike

    def _refused(self) -> int:
        path = Path(f"{self._control}.hits")
        return path.stat().st_size if path.exists() else 0
