"""Whether races on imported trials end as races on what the trials came from.

    python -m benchmarks.twins [--seeds 40] [--evaluations 100] [--trials 200] [--by random]

For each of five functions with a known optimum, Optuna makes a study of random trials, or of those
that its TPE asks for. It is imported twice: as a model (`twin`), and as a table in which the
nearest trial answers (`recorded`). Six searchers race on the function and on both, on the virtual
clock. The rank correlations are between the mean normalised regrets of the searchers on the
function and those on its stand-ins, at the end of the race (Spearman's and Kendall's), and averaged
over the race (Spearman's). The column *itself* is the same between the first and the second half of
the seeds on the function: more than that nobody can ask of a stand-in.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from benchmarks.cells import column, plan, run
from hpobench.api import Float, Int, Parameter, TabulatedProblem
from hpobench.bridges.imports.importing import Imported, import_trials, with_twin
from hpobench.bridges.imports.trials import Asked
from hpobench.plugins.building import build_problem, plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.recording.table import write_table

FUNCTIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "branin": ("branin", {}),
    "hartmann-3": ("hartmann", {"dimension": 3}),
    "hartmann-6": ("hartmann", {"dimension": 6}),
    "levy-4": ("classic", {"function": "levy", "dimension": 4}),
    "mixed-rastrigin-4": ("mixed", {"function": "rastrigin", "dimension": 4}),
}
SEARCHERS: list[Any] = [
    "random",
    "sobol",
    "optuna-tpe",
    {"name": "optuna-tpe", "as": "tpe-multivariate", "multivariate": True},
    "optuna-cmaes",
    "optuna-nsga2",
]
Curves = NDArray[np.float64]


def record(problem: TabulatedProblem, storage: Path, trials: int, by: str) -> None:
    """A study of ``problem`` in a journal of Optuna's, of random trials or of those of its TPE."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(storage))),
        sampler=optuna.samplers.TPESampler(seed=1),
    )
    space, rng = problem.space, Random(1)
    distributions = {p.name: _distribution(p) for p in space}
    for _ in range(trials):
        if by == "random":
            study.enqueue_trial(space.sample(rng))
        trial = study.ask(distributions)
        study.tell(trial, problem.curve(trial.params, 0).losses[-1])


def _distribution(p: Parameter) -> Any:
    from optuna import distributions

    if isinstance(p, Float):
        return distributions.FloatDistribution(p.low, p.high, log=p.log)
    if isinstance(p, Int):
        return distributions.IntDistribution(p.low, p.high, log=p.log)
    return distributions.CategoricalDistribution(p.choices)


def regrets(
    folder: Path,
    entries: list[Any],
    seeds: int,
    evaluations: int,
    plugins: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Curves]]:
    """By problem and searcher, an array ``[seeds, evaluations]`` of normalised regrets."""
    suite = {
        "searchers": SEARCHERS,
        "problems": entries,
        "seeds": seeds,
        "workers": 4,
        "budget": {"evaluations": evaluations},
    }
    found: Any = defaultdict(lambda: defaultdict(list))
    references: dict[str, Any] = {}
    for cell in plan(folder, suite, plugins):
        problem = cell.problem.label
        if problem not in references:
            references[problem] = build_problem(cell.problem).reference()
        optimum, clip = references[problem].optimum, references[problem].clip
        outcome = run(cell)
        steps = np.array(column(outcome, "step"))
        losses = np.array(column(outcome, "loss"), float)[steps == steps.max()]
        # The last trials of a budget may end before their last step.
        losses = np.pad(losses[:evaluations], (0, max(evaluations - len(losses), 0)), "edge")
        best = np.minimum.accumulate(losses)
        regret = np.clip((best - optimum) / (clip - optimum), 0, 1)
        found[problem][cell.searcher.label].append(regret)
    return {p: {s: np.array(r) for s, r in rows.items()} for p, rows in found.items()}


def stand_ins(folder: Path, name: str, trials: int, by: str) -> tuple[Imported, list[Any]]:
    """What was imported, and the entries of the function and its stand-ins."""
    problem, options = FUNCTIONS[name]
    real = build_problem(plugin_ref(Registry(), "problem", problem, options))
    assert isinstance(real, TabulatedProblem)
    record(real, folder / "study.log", trials, by)
    nearest = import_trials(str(folder / "study.log"), Asked(cost="1"))
    twin = with_twin(nearest, force=True)
    write_table(folder / "nearest.parquet", nearest.table)
    write_table(folder / "twin.parquet", twin.table)
    shared = {"cost": "wall"}
    return twin, [
        {"name": problem, "as": "real", **options},
        {"name": "twin", "as": "twin", "table": "twin.parquet", **shared},
        {"name": "recorded", "as": "nearest", "table": "nearest.parquet", **shared},
    ]


def agreement(real: Mapping[str, Curves], other: Mapping[str, Curves]) -> Iterator[float]:
    """Spearman's and Kendall's correlation at the end, Spearman's over the whole race."""
    ends = [[rows[s][:, -1].mean() for s in real] for rows in (real, other)]
    ways = [[rows[s].mean() for s in real] for rows in (real, other)]
    yield float(spearmanr(*ends).statistic)
    yield float(kendalltau(*ends).statistic)
    yield float(spearmanr(*ways).statistic)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--by", choices=["random", "tpe"], default="random")
    options = parser.parse_args()
    print("| function | held-out rank correlation | itself | twin | nearest |")
    print("|---|---|---|---|---|")
    rankings = {}
    begin = time.monotonic()
    for name in FUNCTIONS:
        with tempfile.TemporaryDirectory() as folder:
            made, entries = stand_ins(Path(folder), name, options.trials, options.by)
            found = regrets(Path(folder), entries, options.seeds, options.evaluations)
        assert "twin" in made.table.about
        half = options.seeds // 2
        halves = [
            {s: r[part] for s, r in found["real"].items()}
            for part in (slice(half), slice(half, None))
        ]
        cells = [list(agreement(*halves))]
        cells += [list(agreement(found["real"], found[p])) for p in ("twin", "nearest")]
        text = [f"{end:.2f}, {tau:.2f}, {way:.2f}" for end, tau, way in cells]
        print(
            f"| {name} | {made.table.about['twin']['rank_correlation']:.2f} | {' | '.join(text)} |",
            flush=True,
        )
        rankings[name] = {
            p: {s: round(float(r[:, -1].mean()), 4) for s, r in rows.items()}
            for p, rows in found.items()
        }
    for name, rows in rankings.items():
        print(f"{name}: {json.dumps(rows)}")
    print(f"{time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
