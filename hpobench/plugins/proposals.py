"""What a searcher proposes must be a configuration of its space."""

from __future__ import annotations

from hpobench.contract.errors import CellError, SpaceError
from hpobench.contract.space import Space


def check_proposal(name: str, space: Space, trial: int, config: object) -> None:
    """Raise :class:`CellError` if ``config``, which the searcher ``name`` proposed, is invalid."""
    if not isinstance(config, dict):
        raise CellError(f"{name}.ask({trial}) returned {config!r}, not a configuration")
    try:
        space.check(config)
    except SpaceError as error:
        raise CellError(
            f"{name} proposed an impossible configuration for trial {trial}: {error}"
        ) from error
