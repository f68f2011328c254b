"""The same trials imported from Optuna, Ray Tune and MLflow, and races on their twins.

    python -m benchmarks.imported_tools [--trials 200] [--seeds 20] [--evaluations 50]

Each tool keeps the same random trials of one function of three parameters, whose curves have five
steps; Ray Tune really runs them. Each storage is imported with a surrogate, and six searchers race
on the three twins and on the function itself. Prints what each import took and is worth, and the
rank correlation of the searchers on the function with those on each twin, as `benchmarks.twins`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.twins import agreement, regrets
from hpobench.bridges.imports.importing import import_trials, with_twin
from hpobench.bridges.imports.trials import Asked
from hpobench.recording.table import write_table
from tests.support import imported_trials

REAL = '''
import sys

sys.path.insert(0, {root!r})

from hpobench.api import Curve, Fidelity, TabulatedProblem
from tests.support.imported_trials import SPACE, STEPS, curve


class Real(TabulatedProblem):
    """What the trials were made of."""

    name = "real"
    space = SPACE
    fidelity = Fidelity("step", STEPS)

    def curve(self, config, seed):
        return Curve(list(curve(config)), [1.0] * STEPS)

    def optimum(self):
        return 1 / STEPS, "at lr 10 ** -1.6, depth 5 and kind a"
'''


def _optuna(folder: Path, trials: int) -> Path:
    imported_trials.optuna_study(f"sqlite:///{folder / 'optuna.db'}", trials)
    return folder / "optuna.db"


def _mlflow(folder: Path, trials: int) -> Path:
    imported_trials.mlflow_experiment(f"sqlite:///{folder / 'mlflow.db'}", trials)
    return folder / "mlflow.db"


def _ray(folder: Path, trials: int) -> Path:
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        return imported_trials.ray_experiment(folder / "ray", trials)
    finally:
        ray.shutdown()


TOOLS: Mapping[str, Callable[[Path, int], Path]] = {
    "optuna": _optuna,
    "ray": _ray,
    "mlflow": _mlflow,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries: list[Any] = ["real"]
        for tool, make in TOOLS.items():
            storage = make(folder, options.trials)
            begin = time.monotonic()
            made = with_twin(import_trials(str(storage), Asked(mode="min")), force=True)
            write_table(folder / f"{tool}.parquet", made.table)
            took = time.monotonic() - begin
            assert "twin" in made.table.about
            worth = made.table.about["twin"]["rank_correlation"]
            print(
                f"{tool}: {made.table.about['trials']} trials imported in {took:.1f} s, held-out "
                f"rank correlation {worth:.2f}",
                flush=True,
            )
            entries.append({"name": "twin", "as": tool, "table": f"{tool}.parquet"})
        plugins = {"real.py": REAL.format(root=str(Path.cwd()))}
        begin = time.monotonic()
        found = regrets(folder, entries, options.seeds, options.evaluations, plugins)
        print(f"{time.monotonic() - begin:.0f} s of races")
        for tool in TOOLS:
            end, tau, way = agreement(found["real"], found[tool])
            print(f"{tool}: {end:.2f}, {tau:.2f}, {way:.2f}")


if __name__ == "__main__":
    main()
