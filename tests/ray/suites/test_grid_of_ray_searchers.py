"""Plans with searchers of Ray's own kind."""

from __future__ import annotations

from pathlib import Path

from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.tiny_plugins import write_suite


def test_rays_own_searchers_are_not_built(tmp_path: Path) -> None:
    file = write_suite(
        tmp_path, {2: "searchers: [explosive]", 8: "plugins: [tiny.py, explosive.py]"}
    )
    (tmp_path / "explosive.py").write_text(
        "from ray.tune.search import Searcher\n"
        "class Explosive(Searcher):\n    name = 'explosive'\n"
        "    def __init__(self): raise RuntimeError\n"
    )
    assert len(build_plan(load_suite(file)).cells) == 2


def test_a_searcher_under_rays_limiter_is_refused_where_brackets_must_fill(tmp_path: Path) -> None:
    file = write_suite(
        tmp_path,
        {
            2: "searchers: [tiny, limited]",
            3: "schedulers: [halves, brackets]",
            4: "problems: [stairs]",
            8: "plugins: [tiny.py, limited.py]",
        },
    )
    (tmp_path / "limited.py").write_text(
        "from ray.tune.search import ConcurrencyLimiter, Searcher\n"
        "class Limited(ConcurrencyLimiter, Searcher):\n    name = 'limited'\n"
        "    def __init__(self): ...\n"
    )
    made = build_plan(load_suite(file))
    assert [(row.searcher, row.scheduler) for row in made.skipped] == [("limited", "brackets")]
    assert "takes itself for complete" in made.skipped[0].reason
