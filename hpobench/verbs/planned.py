"""What a suite would run, for ``plan``, ``run --dry-run`` and :func:`hpobench.plan` alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.plugins.isolation.remote import RemoteSearcher
from hpobench.plugins.modules import load_class
from hpobench.running.cluster.connect import cpus_here
from hpobench.store.remote.place import Place, inside, place_of
from hpobench.suites.run_options import RunOptions
from hpobench.verbs.execution import read_suite, with_rule

if TYPE_CHECKING:
    from hpobench.analysis.inference.power import Power
    from hpobench.running.plan.pilot import Pilot
    from hpobench.suites.changes import Changes
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Source, Suite


@dataclass(frozen=True)
class Planned:
    """A suite and its plan."""

    suite: Suite
    plan: Plan
    lines: tuple[str, ...] = ()
    """How the run goes on and ends, where it adds seeds."""

    def real_time(self, folder: Path | None = None) -> dict[str, Any]:
        """The wall ``seconds`` of all cells on this machine with its ``cpus``, without the report.

        It goes by the cells of the first seed that are stored in ``folder``, if any, and else by
        the estimates of problems and by what searchers took in the shipped evidence. It leaves out
        the thinking of ``unmeasured`` searchers, which nobody has measured.
        """
        from hpobench.evidence.archive import read_archive, shipped
        from hpobench.evidence.scores import thinking_of_searchers
        from hpobench.running.plan.timing import Timing

        archive, cells, cpus = read_archive(shipped()), self.plan.cells, cpus_here()
        known = thinking_of_searchers(archive)
        # A label that the evidence does not have may be one of its searchers with other options.
        named: dict[str, float] = {}
        for label, facts in archive.searchers.items():
            named.setdefault(facts.name, known.get(label, 0.0))
        refs = {c.searcher.label: c.searcher for c in cells.combinations}
        thinking = {
            label: named[ref.name] if label not in known else known[label]
            for label, ref in refs.items()
            if label in known or ref.name in named
        }
        first = dataclasses.replace(self.plan, cells=cells.with_seeds(cells.seeds[:1]))
        seconds = Timing(first, folder, cpus, {}, thinking).seed_s * len(cells.seeds)
        unmeasured = [label for label in refs if label not in thinking]
        return {"seconds": seconds, "cpus": cpus, "unmeasured": unmeasured}

    def programs(self) -> list[str]:
        """The searchers that are programs, which a plan does not start."""
        refs = {c.searcher.label: c.searcher for c in self.plan.cells.combinations}
        return [
            label
            for label, ref in refs.items()
            if RemoteSearcher in load_class(ref.file, ref.cls).__mro__
        ]

    def prior_regrets(self) -> dict[str, list[float]]:
        """By the quality of a prior, the normalised regrets of its centre on the problems that
        have references."""
        from hpobench.plugins.building import build_problem

        regrets: dict[str, dict[str, float]] = {}
        for row in self.plan.cells.combinations:
            quality = row.searcher.given.get("prior", {}).get("quality")
            if not quality:
                continue
            found = regrets.setdefault(quality, {})
            problem = None if row.problem.label in found else build_problem(row.problem)
            if problem is not None and (reference := problem.reference()) is not None:
                # Few plans have priors, and numpy and scipy take a tenth of a second.
                import numpy as np

                from hpobench.analysis.core.normalise import normalised_regret
                from hpobench.plugins.starting.prepare import centre_of

                loss = centre_of(quality, row.problem, problem).loss
                losses = map(np.asarray, (loss, reference.optimum, reference.clip))
                found[row.problem.label] = float(normalised_regret(*losses))
        return {quality: sorted(found.values()) for quality, found in regrets.items()}

    def power(self, folder: Path) -> tuple[Pilot, Power]:
        """The pilot in ``folder``, and what differences more seeds can detect by it."""
        from hpobench.analysis.inference.power import power
        from hpobench.running.plan.pilot import load_pilot

        pilot = load_pilot(folder, self.plan)
        return pilot, power(pilot.comparison.curves)

    def to_json(self, folder: Path | None = None) -> Mapping[str, Any]:
        """The facts for programs; ``folder`` holds a pilot."""
        suite, plan = self.suite, self.plan
        pilot = None
        if folder is not None:
            found, power = self.power(folder)
            pilot = {
                "folder": str(folder),
                "leader": power.leader,
                "level": power.level,
                "algorithms": power.overall.to_dict("records"),
                "problems": power.problems.to_dict("records"),
                "absent": ["/".join(labels) for labels in found.absent],
                "changed": ["/".join(labels) for labels in found.changed],
            }
        total = plan.total
        return {
            "suite": suite.name,
            "stage": suite.stage,
            "cells": len(plan.cells),
            "most": {"trials": total.trials, "results": total.results, "clock_s": total.clock},
            "real_time": self.real_time(folder),
            "problems": [
                {"problem": label, "workers": workers, "cells": plan.counts[label, workers]}
                | {"budget": suite.budgets[label].to_json(), "most": dataclasses.asdict(estimate)}
                for (label, workers), estimate in plan.estimates.items()
            ],
            "skipped": [vars(skipped) for skipped in plan.skipped],
            "pilot": pilot,
        }


def planned(source: Source, options: RunOptions, changes: Changes | None = None) -> Planned:
    """What ``run`` would do with the same arguments.

    With ``options.within``, what fits into the time by what is stored now.
    """
    from hpobench.suites.grid import build_plan

    if options.within is None:
        suite, rule = with_rule(read_suite(source, options, changes), options)
        looks = "" if rule is None else ", ".join(map(str, rule.looks))
        lines = (f"looks after {looks} seeds, and ends once decided",) if looks else ()
        return Planned(suite, build_plan(suite), lines)
    from hpobench.verbs.within import LEAST, Within, fitted

    within = Within(options)
    suite = read_suite(source, options, changes, within.candidates)
    folder = Place(inside(place_of(options.results), suite.name)).fetch()
    found = fitted(suite, within, folder).shortened()
    seeds = max(LEAST, found.timing.fitting(found.left))
    return Planned(*found.part(seeds), tuple(found.lines()))
