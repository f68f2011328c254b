"""The rounds of a soak: a run each, what is killed in it, and what it must end as."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.soak import live_rounds, virtual_rounds
from tests.soak.killing import Tally
from tests.soak.scene import Round

ROUNDS: Mapping[str, Round] = {
    "mixed": virtual_rounds.mixed,
    "mixed-live": live_rounds.mixed,
    "store": virtual_rounds.store,
    "virtual": virtual_rounds.virtual,
    "virtual-ray": virtual_rounds.on_ray,
    **{f"live-{name}": live_rounds.live(name) for name in live_rounds.LIVE_SCHEDULERS},
    "nodes": virtual_rounds.nodes,
    "live-nodes": live_rounds.live_nodes,
    "disk": live_rounds.disk,
}


def run_round(name: str, seed: int, kills: int, seconds: float) -> Tally:
    """One round in a temporary folder, which stays there after a fault."""
    folder = Path(tempfile.mkdtemp(prefix=f"soak-{name}-"))
    rng = random.Random(f"{name}/{seed}")
    try:
        tally = ROUNDS[name](folder, rng, kills, time.monotonic() + seconds)
    except (AssertionError, subprocess.SubprocessError) as error:  # of a command without kills
        tally = Tally(faults=[f"{type(error).__name__}: {str(error)[-1000:]}"])
    if not tally.faults:
        shutil.rmtree(folder)
    return tally
