"""The numbers that the paper's text is written with: none is typed by hand.

All are texts, rounded as in reports, so that the text, the tables and the pages agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.exhibits import conditions, cost, problem_table
from hpobench.analysis.inference.bootstrap import coverage
from hpobench.analysis.settings import IntArray, Settings
from hpobench.analysis.study import Study
from hpobench.contract.wording import count, interval, number
from hpobench.reporting.answer import Compared
from hpobench.reporting.answer_of_study import answer


class Facts:
    """What a part of the study came to; everything is computed when the text first asks for it."""

    def __init__(self, study: Study) -> None:
        """Raises :class:`TooFewError` where nothing can be compared."""
        study.main_comparison()
        self.study = study

    @cached_property
    def compared(self) -> Compared:
        """The comparison that the report leads with."""
        return answer(self.study).compared[0]

    @cached_property
    def cells(self) -> pd.DataFrame:
        """All runs."""
        return self.study.every.cells

    @cached_property
    def counts(self) -> dict[str, str]:
        """Of searchers, schedulers, problems, seeds, runs, failed runs, trials and results."""
        kinds = ("searcher", "scheduler", "problem", "seed")
        return {
            **{f"{kind}s": f"{self.cells[kind].nunique():,}" for kind in kinds},
            "runs": f"{len(self.cells):,}",
            "failed": f"{self.failed:,}",
            "trials": f"{len(self.study.every.trials):,}",
            "results": f"{len(self.study.every.events):,}",
        }

    @property
    def failed(self) -> int:
        return int((self.cells["status"] != "done").sum())

    @cached_property
    def setting(self) -> dict[str, str]:
        """The report's table of the setting."""
        return dict(conditions.conditions(self.study.every).itertuples(index=False, name=None))

    @cached_property
    def problems(self) -> pd.DataFrame:
        """The report's table of problems."""
        return self.study.computed(problem_table.table, self.study.whole)

    @property
    def level(self) -> str:
        return f"{self.study.settings.level:.0%}"

    @property
    def repetitions(self) -> str:
        return f"{self.study.settings.repetitions:,}"

    @cached_property
    def coverage(self) -> str:
        """How often the main comparison's intervals would hold the truth."""
        present = self.study.main_comparison().curves.present
        return coverage_text(present.sum(axis=2), self.study.settings)

    @cached_property
    def cost(self) -> dict[str, float]:
        """Sums over all runs: hours of the runs' clock and of training that they stand for, seconds
        that searchers and the harness took."""
        table = self.study.computed(cost.table, self.study.whole)
        sums = table[["clock_h", "evaluation_h", "suggest_s", "observe_s", "harness_s"]].sum()
        return {str(name): float(value) for name, value in sums.items()}

    @property
    def computing_hours(self) -> float:
        """Of one processor, for all runs."""
        return sum(self.cost[part] for part in ("suggest_s", "observe_s", "harness_s")) / 3600

    @cached_property
    def provenance(self) -> list[dict[str, Any]]:
        """What is stored about the origin of the runs; what is equal comes once."""
        return [stored_mapping(text) for text in self.cells["provenance"].unique()]

    @cached_property
    def machines(self) -> str:
        """The machines that the runs were made on, in words."""
        hosts = [found["host"] for found in self.provenance if isinstance(found.get("host"), dict)]
        return listed(map(_machine, hosts)) or "a machine that is not recorded"

    @cached_property
    def libraries(self) -> list[str]:
        """Whose searchers were run, with their versions: ``Optuna 4.5.0``."""
        found = [one["library"] for one in self.provenance if isinstance(one.get("library"), dict)]
        return sorted({f"{one.get('name')} {one.get('version') or ''}".strip() for one in found})

    @cached_property
    def versions(self) -> dict[str, str]:
        """Of hpobench, Python, Ray and what hpobench always uses; several with slashes."""
        found: dict[str, list[str]] = {}
        for one in self.provenance:
            versions = one.get("versions")
            for name, version in (versions if isinstance(versions, dict) else {}).items():
                found.setdefault(str(name), []).append(str(version))
        return {name: " / ".join(dict.fromkeys(all_of)) for name, all_of in found.items()}

    def plugins(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The names and options of the plugins of a ``kind`` that ran; what is equal comes once."""
        found = {}
        for text in self.cells["spec"].unique():
            plugin = stored_mapping(text).get(kind)
            one = plugin if isinstance(plugin, dict) else {}
            options = one.get("options")
            own = options if isinstance(options, dict) else {}
            name = str(one.get("name"))
            found[name, json.dumps(own, sort_keys=True)] = name, own
        return list(found.values())


def _machine(host: dict[str, Any]) -> str:
    processor = " ".join(str(host.get("processor") or host.get("machine") or "").split())
    system = f" under {host['system']}" if host.get("system") else ""
    cpus = count(host["cpus"], "processor") if isinstance(host.get("cpus"), int) else "processors"
    return f"a machine with {cpus} ({processor}){system}"


def listed(names: Iterable[str]) -> str:
    """``a, b and c``; what comes twice is said once."""
    *first, last = list(dict.fromkeys(names)) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def some(n: int, noun: str) -> str:
    """``no seeds``, ``one seed``, ``2 seeds``."""
    return {0: f"no {noun}s", 1: f"one {noun}"}.get(n, f"{n:,} {noun}s")


def with_interval(value: float, low: float | None, high: float | None) -> str:
    """``0.12 [0.1, 0.15]``; ends that are ``None`` or NaN are no interval."""
    if low is None or high is None:
        return number(value)
    return number(value) + interval(low, high, " ")


def coverage_text(seeds: IntArray, settings: Settings) -> str:
    """``90%``; what :func:`hpobench.analysis.inference.bootstrap.coverage` comes to."""
    held = coverage(seeds, settings)
    return "an unknown share" if np.isnan(held) else f"{held:.0%}"
