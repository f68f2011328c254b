"""A plain ``tune.Tuner(...).fit()``, with which the stages are compared."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ray import tune
from ray.tune.search.basic_variant import BasicVariantGenerator

from hpobench.contract.algorithms import Scheduler
from hpobench.contract.cell import PluginRef
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.seeding import global_generators
from hpobench.contract.space import Config, Space
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.building import build_problem
from hpobench.plugins.ray_searcher import to_ray_space
from hpobench.running.stages.live.trainer import begin_training

HistoryRow = tuple[int, int, float]
"""One result: the number of the trial in the order of asking, the step, the loss."""


class PlainTrainable(tune.Trainable):
    """Any problem, trained by Ray Tune itself."""

    def setup(self, config: dict[str, Any], ref: str, seed: int) -> None:
        problem = build_problem(PluginRef.from_text(ref))
        assert isinstance(problem, TabulatedProblem | TrainedProblem)
        values = {name: value for name, value in config.items() if name in problem.space.names}
        self._training = begin_training(problem, problem.space.build(values), seed, pace=0.0)
        self._done = 0

    def step(self) -> dict[str, Any]:
        self._done += 1
        return {"loss": float(self._training.step()["loss"])}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        state = self._training.save()
        folder = Path(checkpoint_dir)
        (folder / "done.json").write_text(json.dumps(self._done), encoding="utf-8")
        if state is not None:
            (folder / "state").write_bytes(state)

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        folder = Path(checkpoint_dir)
        self._done = json.loads((folder / "done.json").read_text(encoding="utf-8"))
        if (folder / "state").exists():
            self._training.load((folder / "state").read_bytes())
        else:
            for _ in range(self._done):
                self._training.step()

    def cleanup(self) -> None:
        self._training.close()


class _History(tune.Callback):
    def __init__(self) -> None:
        self.results: list[HistoryRow] = []

    def on_trial_result(
        self,
        iteration: int,  # noqa: ARG002 - Ray's signature
        trials: list[Any],
        trial: Any,
        result: dict[str, Any],
        **info: Any,  # noqa: ARG002
    ) -> None:
        numbers = {t.trial_id: i for i, t in enumerate(trials)}
        self.results.append((numbers[trial.trial_id], result["training_iteration"], result["loss"]))


def plain_history(
    ref: PluginRef,
    scheduler: Scheduler,
    configs: Sequence[Config],
    *,
    problem_seed: int,
    scheduler_seed: int,
    cpus: float,
) -> list[HistoryRow]:
    """Train ``configs`` in their order under ``scheduler``, and return results as they arrive. A
    trial takes ``cpus`` processors of the Ray that is connected: with all of them, one trial runs
    at a time. The configurations are given, so that only the scheduler decides anything."""
    problem = build_problem(ref)
    history = _History()
    # Some value for every parameter, because Ray knows no conditions and would draw a value for a
    # parameter that is left out.
    flat = Space([dataclasses.replace(parameter, when=None) for parameter in problem.space])
    complete = [flat.from_unit([0.5] * len(flat)) | config for config in configs]
    stop = {"training_iteration": problem.fidelity.steps}
    trainable = tune.with_parameters(PlainTrainable, ref=ref.to_text(), seed=problem_seed)
    with (
        TemporaryDirectory() as folder,
        global_generators(scheduler_seed),
        # Ray's own report of the run, which even verbose=0 does not silence.
        contextlib.redirect_stdout(io.StringIO()),
    ):
        tune.Tuner(
            tune.with_resources(trainable, {"CPU": cpus}),
            param_space=to_ray_space(problem.space),
            tune_config=tune.TuneConfig(
                scheduler=scheduler.build(problem),
                search_alg=BasicVariantGenerator(points_to_evaluate=complete),
                metric="loss",
                mode="min",
                num_samples=len(configs),
                reuse_actors=False,
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                stop=None if scheduler.ends_trials else stop,
                callbacks=[history],
                verbose=0,
            ),
        ).fit()
    return history.results
