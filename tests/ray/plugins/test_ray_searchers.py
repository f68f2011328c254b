"""Searchers of Ray's own kind are built and adapted."""

from __future__ import annotations

from pathlib import Path

from hpobench.api import Fidelity
from hpobench.plugins.building import build_searcher
from tests.unit.plugins.test_options import SPACE, ref


def test_one_of_rays_own_searchers_is_built_and_adapted(tmp_path: Path) -> None:
    path = tmp_path / "rays.py"
    path.write_text(
        "from ray.tune.search import Searcher\n"
        "class Mine(Searcher):\n"
        "    def __init__(self, seed=None, points=1):\n"
        "        super().__init__()\n        self.given = (seed, points)\n"
        "    def set_search_properties(self, metric, mode, config, **spec):\n"
        "        return True\n"
        "    def suggest(self, trial_id):\n        return {'x': 0.25}\n"
        "    def on_trial_complete(self, trial_id, result=None, error=False):\n        pass\n"
    )
    searcher = build_searcher(ref(str(path), "searcher", "Mine", points=2), SPACE, 0, Fidelity())
    assert searcher.ask(0) == {"x": 0.25}
