"""How a suite is run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from hpobench.contract.errors import UsageError
from hpobench.suites.shard import Shard

MAX_SEEDS, MARGIN = 100, 0.01
"""What ``until_decided`` and ``within`` take by default."""
_SHORTEST_S = 10.0
"""Of ``within``: a Ray of one's own starts and ends in five seconds, and the report takes some."""


@dataclass(frozen=True)
class RunOptions:
    """How a suite is run; :func:`hpobench.run` says what each option means."""

    results: str | Path = Path("results")
    address: str | None = None
    cpus: int | None = None
    timeout: float = 3600.0
    retry_failed: bool = False
    mlflow: str | None = None
    until_decided: bool = False
    within: str | float | None = None
    max_seeds: int | None = None
    margin: float | None = None
    shard: str | None = None
    report: bool = True

    def __post_init__(self) -> None:
        """Raises :class:`UsageError` for a number out of its range, and for options that do not go
        together."""
        for name, fits, due in (
            ("cpus", self.cpus is None or self.cpus >= 1, "at least 1"),
            ("timeout", self.timeout > 0, "positive"),
            ("max_seeds", self.max_seeds is None or self.max_seeds >= 1, "at least 1"),
            ("margin", self.margin is None or 0 <= self.margin <= 1, "from 0 to 1"),
        ):
            if not fits:
                raise UsageError(f"{name} must be {due}, not {getattr(self, name)!r}")
        if isinstance(self.results, Path) and self.results.is_file():
            raise UsageError(f"results: {self.results} is a file; name a folder")
        if self.seconds < _SHORTEST_S:
            raise UsageError(
                f"--within {self.within}: give at least {_SHORTEST_S:g} s, because workers must "
                "start and a report be written"
            )
        looking = "--within" if self.within is not None else "--until-decided"
        looks = self.within is not None or self.until_decided
        if self.shard is not None:
            Shard.of(self.shard)
            if looks:
                raise UsageError(f"{looking} looks at all cells; run it without --shard")
        if not looks and (self.max_seeds is not None or self.margin is not None):
            raise UsageError("--max-seeds and --margin are for --until-decided and --within")
        if looks and self.retry_failed:
            raise UsageError(
                "--retry-failed would change looks after they were taken; run the suite with it "
                f"alone (and --seeds as far as they are stored), then with {looking} again"
            )

    @property
    def seconds(self) -> float:
        """The wall time that ``within`` gives; infinite if it is not given."""
        if self.within is None:
            return math.inf
        from hpobench.contract.wording import parse_seconds  # it brings pydantic

        try:
            return parse_seconds(str(self.within))
        except ValueError as error:
            raise UsageError(f"--within: {error}") from None

    @property
    def decides_by(self) -> float:
        """The margin of decisions."""
        return MARGIN if self.margin is None else self.margin
