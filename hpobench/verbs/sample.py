"""A random sample of stored cells that runs again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract.errors import UsageError
from hpobench.verbs.interruption import workers

if TYPE_CHECKING:
    from hpobench.running.proof.verify_sample import Verification
    from hpobench.verbs.progress import Display


@dataclass(frozen=True)
class SampleOptions:
    """How a sample of stored cells runs again; :func:`hpobench.verify` says what each means."""

    cells: int = 40
    seed: int = 0
    plugins: Sequence[str | Path] = ()
    cpus: int | None = None
    timeout: float = 3600.0

    def __post_init__(self) -> None:
        """Raises :class:`UsageError` for a number out of its range."""
        for name, fits, due in (
            ("cells", self.cells >= 1, "at least 1"),
            ("cpus", self.cpus is None or self.cpus >= 1, "at least 1"),
            ("timeout", self.timeout > 0, "positive"),
        ):
            if not fits:
                raise UsageError(f"{name} must be {due}, not {getattr(self, name)!r}")


def run_sample(folder: Path, options: SampleOptions, display: Display) -> Verification:
    """Run a sample of the undamaged results in ``folder`` again and compare; ``folder`` stays as
    it is."""
    with workers("nothing was changed", display.warn) as start:
        # Its imports take as long as the first process of workers needs to start.
        from hpobench.running.proof.verify_sample import verify_sample

        return verify_sample(
            folder,
            options.cells,
            options.seed,
            options.plugins,
            start=start,
            timeout=options.timeout,
            cpus=options.cpus,
            tell=display.warn,
        )
