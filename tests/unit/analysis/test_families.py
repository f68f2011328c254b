"""Which problems are alike, as stored cells tell it."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from hpobench.analysis.inference.families import families_of
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study, each_of_families
from tests.support.results_factory import MadeProblem, make_results

SETTINGS = Settings(repetitions=50, points=10)


def cells(*rows: tuple[str, str, str | None, str | None]) -> pd.DataFrame:
    """Cells with a problem, a status, the plugin's name and the family that its class names."""
    made: list[dict[str, Any]] = [
        {
            "problem": problem,
            "status": status,
            "spec": json.dumps({"problem": {"name": plugin}} if plugin else {}),
            "provenance": json.dumps({"family": family} if family else {}),
        }
        for problem, status, plugin, family in rows
    ]
    return pd.DataFrame(made)


def test_a_family_is_what_the_class_says_else_the_plugin() -> None:
    found = families_of(
        cells(
            ("q[1]", "failed", "q", None),
            ("q[1]", "done", "q", "letters"),
            ("p[1]", "done", "p", None),
            ("p[2]", "timeout", "p", None),
            ("r", "done", "r", "letters"),
        )
    )
    assert found == {"q[1]": "letters", "p[1]": "p", "p[2]": "p", "r": "letters"}
    assert list(found) == ["q[1]", "p[1]", "p[2]", "r"]


def test_problems_of_which_nothing_is_known_are_one_family() -> None:
    unknown = cells(("p", "done", None, None), ("q", "done", None, None))
    assert families_of(unknown) == {"p": "unknown", "q": "unknown"}
    expected = {"p": "unknown", "q": "unknown"}
    assert families_of(unknown.assign(spec=None, provenance=None)) == expected


def test_little_is_said_about_few_families() -> None:
    made = [MadeProblem(name, steps=1, optimum=0.0, clip=1.0) for name in "abcdef"]
    results = make_results(["random", "tpe"], ["fifo"], made, seeds=2, failed=())
    specs = [json.dumps({"problem": {"name": p}}) for p in results.cells["problem"]]
    results.cells["spec"] = specs
    assert each_of_families(Study(results, SETTINGS))
    results.cells["spec"] = [s.replace("e", "a").replace("f", "b") for s in specs]
    assert not each_of_families(Study(results, SETTINGS))
