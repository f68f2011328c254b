"""Schedulers that pause, on the virtual stage: Hyperband for BOHB, the soft median rule."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ray import tune
from ray.tune.search import Searcher as RaySearcherBase

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.asha_promote import AshaPromote
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.hyperband_bohb import HyperBandBohb
from hpobench.algorithms.schedulers.median import Median
from hpobench.running.cells.tuning import Run
from hpobench.running.proof.plain_tune import PlainTrainable
from hpobench.testing import doubles
from hpobench.testing.doubles import CurveProblem, ListedSearcher, random_configs
from tests.ray.engine.test_virtual import Broken
from tests.support.finished import finished
from tests.support.night import night


def driven(
    scheduler: Any, trials: int, steps: int = 9, workers: int = 4
) -> tuple[Run, ListedSearcher]:
    searcher = ListedSearcher(random_configs(trials))
    problem = CurveProblem(steps)
    run = finished(scheduler, problem=problem, searcher=searcher, trials=trials, workers=workers)
    return run, searcher


def trial_lengths(run: Run) -> Counter[int]:
    """How many trials made how many steps."""
    return Counter(Counter(event.trial for event in run.events).values())


@pytest.mark.parametrize("workers", [1, 2, 4, 9])
@pytest.mark.parametrize("factor", [2, 3, 4, 5])
@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 10, 16, 27, 52, 81])
def test_hyperband_bohb_does_not_stall(steps: int, factor: int, workers: int) -> None:
    for trials in (1, 7, 40):
        problem = CurveProblem(steps, equal_costs=True)
        scheduler = HyperBandBohb(reduction_factor=factor)
        run = finished(scheduler, problem=problem, trials=trials, workers=workers)
        assert len(run.source.trials) == trials
        assert {run.trial_status(t) for t in run.source.trials} <= {"completed", "stopped"}


def test_hyperband_bohb_fills_the_bracket_of_the_shortest_trials_first() -> None:
    """With 9 steps and factor 3 it holds 9 trials of 1 step; plain HyperBand begins with 3 of 9."""
    reached = trial_lengths(driven(HyperBandBohb(), 9)[0])
    assert reached == {1: 6, 3: 2, 9: 1}
    assert trial_lengths(driven(HyperBandBohb(), 5)[0]) == {1: 2, 3: 2, 9: 1}
    reached = trial_lengths(driven(HyperBand(), 3)[0])
    assert reached == {9: 3}


@pytest.mark.parametrize("how", ["raises", "nan"])
@pytest.mark.parametrize("workers", [1, 4, 9])
def test_hyperband_bohb_goes_on_after_failed_trials(how: str, workers: int) -> None:
    searcher = ListedSearcher(random_configs(40))
    given = {"problem": Broken(how), "searcher": searcher, "trials": 40}
    run = finished(HyperBandBohb(), **given, workers=workers)
    statuses = {run.trial_status(trial) for trial in run.source.trials}
    assert statuses == {"completed", "stopped", "failed"}


@pytest.mark.parametrize("workers", [1, 4, 9])
def test_hyperband_bohb_gives_notice_of_every_pause_once(workers: int) -> None:
    run, searcher = driven(HyperBandBohb(), 27, workers=workers)
    paused_at: dict[int, int] = Counter()
    for event in run.events:
        paused_at[event.trial] += event.decision == "PAUSE"
    for trial in range(27):
        notices = [c[0] for c in searcher.calls if c[1] == trial and c[0] in ("paused", "resumed")]
        assert notices.count("paused") == paused_at[trial]
        assert notices == (["paused", "resumed"] * len(notices))[: len(notices)]
    assert any(call[0] == "resumed" for call in searcher.calls)


def test_the_soft_median_rule_lets_every_trial_end() -> None:
    run, searcher = driven(Median(hard_stop=False), 16)
    assert {run.trial_status(trial) for trial in run.source.trials} == {"completed"}
    judged = sum(event.decision == "PAUSE" for event in run.events)
    assert judged == sum(call[0] == "paused" for call in searcher.calls) > 0
    hard, _ = driven(Median(hard_stop=True), 16)
    assert len(hard.events) < len(run.events) == 16 * 9


def test_asha_brackets_spare_trials_the_first_rungs() -> None:
    """In the second bracket the first rung is after 3 steps, in the third after 9."""

    def lengths(brackets: int) -> Counter[int]:
        run, _ = driven(Asha(brackets=brackets), 60, steps=27)
        return trial_lengths(run)

    one, three = lengths(1), lengths(3)
    assert set(one) == set(three) == {1, 3, 9, 27}
    assert three[1] < one[1]
    assert three[27] > one[27]


# -- agreement with a plain Tuner -----------------------------------------------------------------


class FixedList(RaySearcherBase):
    """Ray's side of the same list of configurations, with the notices that Ray's TuneBOHB takes."""

    def __init__(self, configs: list[dict[str, Any]]) -> None:
        super().__init__(metric="loss", mode="min")
        self.waiting = list(configs)
        self.notices: Counter[str] = Counter()

    def suggest(self, trial_id: str) -> Any:
        return self.waiting.pop(0) if self.waiting else self.FINISHED

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
        pass

    def on_pause(self, trial_id: str) -> None:
        self.notices["paused"] += 1

    def on_unpause(self, trial_id: str) -> None:
        self.notices["resumed"] += 1


class History(tune.Callback):
    def __init__(self) -> None:
        self.rows: list[tuple[int, int, float]] = []

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        self.rows.append((trials.index(trial), result["training_iteration"], result["loss"]))


@night  # by day the agreement of both stages has schedulers that pause
@pytest.mark.filterwarnings("ignore")  # Ray's own, about its own deprecations
@pytest.mark.parametrize(
    ("plugin", "trials"), [(HyperBandBohb(), 12), (AshaPromote(reduction_factor=2), 6)]
)
def test_has_the_history_of_a_plain_tuner(
    plugin: Any, trials: int, one_worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A Tuner always asks for one trial ahead.
    monkeypatch.setattr(plugin, "lookahead", 1)
    run, searcher = driven(plugin, trials, workers=1)
    history, listed = History(), FixedList(searcher.configs)
    ref = {"kind": "problem", "name": "curves", "label": "curves", "cls": "CurveProblem"}
    ref |= {"options": {"steps": 9, "equal_costs": False}, "file": doubles.__file__}  # type: ignore[dict-item]
    tune.Tuner(
        tune.with_parameters(PlainTrainable, ref=json.dumps(ref), seed=1),
        tune_config=tune.TuneConfig(
            scheduler=plugin.build(CurveProblem(9)),
            search_alg=listed,
            metric="loss",
            mode="min",
            num_samples=trials,
            reuse_actors=False,
        ),
        run_config=tune.RunConfig(storage_path=str(tmp_path), callbacks=[history], verbose=0),
    ).fit()
    assert [(event.trial, event.step, event.loss) for event in run.events] == history.rows
    told = Counter(call[0] for call in searcher.calls)
    assert told["paused"] > 0
    if isinstance(plugin, HyperBandBohb):
        assert listed.notices["paused"] == told["paused"]
    assert len(history.rows) < trials * 9, "nothing was stopped, so nothing was compared"
