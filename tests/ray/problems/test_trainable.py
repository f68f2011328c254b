"""Ray's trainables as trainings: what they are told, how they go on, how they fail."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ray.train._internal import session
from ray.tune.trainable import function_trainable
from ray.tune.trainable import trainable as ray_trainable

from hpobench.api import Training
from hpobench.contract.errors import PluginError, TrialError, UnknownNameError, UsageError
from hpobench.problems.general.trainable import Trainable
from hpobench.running.ray import trainable as under_test
from tests.support.present import present

HERE = Path(__file__).parent
LR = {"lr": {"float": [0.0, 1.0]}}
BOTH = pytest.mark.parametrize("name", ["train", "Classy"])


def problem(name: str = "train", folder: Path = HERE, **options: Any) -> Trainable:
    made = Trainable.__new__(Trainable)
    made.suite_folder = folder
    run = name if ".py" in name else f"trainables.py:{name}"
    given: dict[str, Any] = {"run": run, "space": LR, "steps": 9} | options
    made.__init__(**given)  # type: ignore[misc]
    return made


@pytest.fixture
def begin() -> Iterator[Callable[..., Training]]:
    """Starts trials, one at a time in a process, and closes them when the next one starts."""
    trials: list[Training] = []

    def start(name: str = "train", *, lr: float = 0.1, seed: int = 7, **options: Any) -> Training:
        if trials:
            trials.pop().close()
        trials.append(problem(name, **options).start({"lr": lr}, seed))
        return trials[-1]

    yield start
    for trial in trials:
        trial.close()


def losses(trial: Training, steps: int) -> list[float]:
    return [trial.step()["loss"] for _ in range(steps)]


def powers(lr: float, steps: range, start: float = 1.0) -> Any:
    return pytest.approx([start * (1 - lr) ** step for step in steps])


# -- going on ------------------------------------------------------------------------------


@BOTH
def test_reports_are_steps_and_checkpoints_are_states(begin: Any, name: str) -> None:
    assert losses(begin(name), 9) == powers(0.1, range(1, 10))
    trial = begin(name)
    losses(trial, 3)
    state = present(trial.save())
    (other := begin(name, lr=0.5)).load(state)
    assert other.save() == state
    assert losses(other, 2) == powers(0.5, range(1, 3), 0.9**3)


def test_a_class_counts_its_iterations_on(begin: Any) -> None:
    (trial := begin("Classy", metric="step")).load(present(_state_of("Classy", 3)))
    assert losses(trial, 2) == [4.0, 5.0]


def _state_of(name: str, steps: int, **options: Any) -> bytes | None:
    trial = problem(name, **options).start({"lr": 0.1}, 7)
    losses(trial, steps)
    try:
        return trial.save()
    finally:
        trial.close()


def test_steps_after_the_last_checkpoint_are_trained_again(begin: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options: dict[str, Any] = {"fixed": {"every": 4, "log": str(log)}}
    state = present(_state_of("train", 6, **options))
    assert _state_of("train", 3, **options) is None
    log.unlink()
    (same := begin(**options)).load(state)
    assert losses(same, 1) == powers(0.1, range(7, 8))
    assert len(log.read_text().splitlines()) == 3
    (clone := begin(lr=0.5, **options)).load(state)
    assert losses(clone, 1) == powers(0.5, range(3, 4), 0.9**4)


def test_global_generators_are_seeded_and_saved(begin: Any) -> None:
    whole = losses(begin("Noisy"), 5)
    assert losses(begin("Noisy"), 5) == whole
    assert losses(begin("Noisy", seed=8), 5) != whole
    assert losses(begin("Noisy", lr=0.2), 5) != whole
    (later := begin("Noisy")).load(present(_state_of("Noisy", 2)))
    assert losses(later, 3) == whole[2:]


def test_what_saves_nothing_has_no_state() -> None:
    assert _state_of("Forgetful", 2) is None
    assert _state_of("once", 1) is None


# -- what it is told -----------------------------------------------------------------------


def test_dots_and_constants_make_nested_dictionaries() -> None:
    space = {"model.layers": {"int": [1, 4]}, "model.opt.lr": {"float": [0, 1]}}
    found = problem(space=space, fixed={"model": {"kind": "mlp"}, "data": [1, 2]}, seed_key="seed")
    assert found._configuration({"model.layers": 2, "model.opt.lr": 0.5}, 11) == {
        "model": {"kind": "mlp", "layers": 2, "opt": {"lr": 0.5}},
        "data": [1, 2],
        "seed": 11,
    }


def test_nested_metrics_and_held_out_ones_are_found_and_turned() -> None:
    made = problem(
        "nested",
        space={"model.layers": {"int": [1, 4]}},
        metric="eval/accuracy",
        heldout="eval/test",
        mode="max",
        steps=2,
    )
    assert made.heldout
    assert (made.objective.metric, made.objective.direction) == ("eval/accuracy", "maximize")
    trial = made.start({"model.layers": 3}, 0)
    assert trial.step() == {"loss": pytest.approx(-0.3), "heldout": pytest.approx(-0.15)}
    assert trial.step() == {"loss": -0.5, "heldout": 0.0}
    trial.close()


def test_the_context_is_rays_and_the_folder_is_the_trials(begin: Any) -> None:
    before = Path.cwd()
    trial = begin("about", cpu=2.0)
    assert trial.step() == {"loss": 1.0}
    folder = Path.cwd()
    assert folder != before
    trial.close()
    assert Path.cwd() == before
    assert not folder.exists()


def test_the_trial_id_is_that_of_the_configuration(begin: Any) -> None:
    told: list[Any] = []

    def listen(result: Any) -> dict[str, float]:
        told.append(result["told"])
        return {"loss": 0.0}

    for lr in (0.1, 0.1, 0.2):
        trial = begin("about", lr=lr)
        trial._losses = listen
        trial.step()
    assert told[0] == told[1] != told[2]
    assert told[0][1:] == [f"train_{told[0][0]}", "hpobench"]


def test_parameters_of_tune_arrive(begin: Any) -> None:
    assert losses(begin("parameters", steps=2), 2) == [3.0, 2.0]


def test_no_thread_and_no_folder_is_left(begin: Any) -> None:
    threads = threading.active_count()
    trial = begin()
    losses(trial, 2)
    assert threading.active_count() > threads
    trial.close()
    trial.close()
    assert threading.active_count() == threads


# -- the end -------------------------------------------------------------------------------


@BOTH
def test_ending_too_soon_says_how_many_steps_there_are(begin: Any, name: str) -> None:
    trial = begin(name, fixed={"until": 4})
    losses(trial, 4)
    with pytest.raises(TrialError, match="ended after 4 of 9 steps; write `steps: 4`, or `stops_"):
        trial.step()


@BOTH
def test_what_stops_early_keeps_its_last_loss(begin: Any, name: str) -> None:
    options: dict[str, Any] = {"fixed": {"until": 4}, "stops_early": True}
    expected = [pytest.approx(0.9**4)] * 6
    # Where a function does not know yet that it has ended, and after that.
    states = {steps: present(_state_of(name, steps, **options)) for steps in (4, 6)}
    assert losses(begin(name, **options), 9)[3:] == expected
    for steps, state in states.items():
        (other := begin(name, **options)).load(state)
        assert losses(other, 9 - steps) == expected[: 9 - steps]
    assert losses(begin("once", stops_early=True), 3) == [0.1] * 3


def test_a_function_without_a_report(begin: Any) -> None:
    with pytest.raises(TrialError, match="ended before its first report"):
        begin("silent", stops_early=True).step()


# -- misbehaviour --------------------------------------------------------------------------


def test_its_exceptions_are_the_trials(begin: Any) -> None:
    (trial := begin("raises")).step()
    with pytest.raises(ValueError, match=r"^the data is gone$"):
        trial.step()
    with pytest.raises(SystemExit):
        begin("leaves").step()
    assert begin().step() == {"loss": 0.9}


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("train", {"metric": "los"}, "a report has no 'los'; it has 'loss'$"),
        ("Classy", {"metric": "x"}, "a report has no 'x'; it has 'loss', 'step'$"),
        ("train", {"heldout": "test"}, "a report has no 'test'; it has 'loss'$"),
        ("about", {"metric": "told"}, r"'told' is \['.*, not a number"),
    ],
)
def test_a_report_without_the_metric(begin: Any, name: str, options: Any, told: str) -> None:
    with pytest.raises(TrialError, match=told):
        begin(name, **options).step()


def test_an_endless_one_reports_for_no_other(begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "GRACE_S", 0.1)
    (trial := begin("stubborn", lr=1.0)).step()
    trial.close()
    with pytest.raises(TrialError, match=r"an earlier trial did not end .* BaseException"):
        begin().step()
    under_test._lingering[0].join()
    assert begin().step() == {"loss": 0.9}


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("trian", UnknownNameError, "'trian'; did you mean train"),
        ("a_number", UsageError, "7 is not a trainable: neither a function of a configuration"),
        ("Path", UsageError, "Path'> is not a trainable"),
        ("two_arguments", UsageError, "must take the configuration and nothing else; .*with_para"),
        ("gone.py:train", PluginError, "gone.py: cannot be read: No such file"),
    ],
)
def test_what_is_no_trainable(name: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        problem(name).prepare()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"run": "mine:train"}, "like mine.py:train, not 'mine:train'"),
        ({"run": "mine.py"}, "like mine.py:train"),
        ({"run": "mine.py:a.b"}, "like mine.py:train"),
        ({"run": "../mine.py:train"}, "leaves the suite's folder"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"cpu": float("nan")}, "cpu must be at least 0"),
        ({"mutable": ["lt"]}, "did you mean lr"),
        ({"fixed": {"lr": 1}}, "'lr' has two values"),
        ({"seed_key": "lr"}, "'lr' has two values"),
        ({"fixed": {"a": 1}, "seed_key": "a.b"}, "'a.b' is in 'a', which is a value"),
        ({"space": {}}, "has no parameters"),
    ],
)
def test_options_that_are_wrong(options: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        problem(**options)


def test_the_fingerprint_is_code_and_space(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import helper\ndef train(config): return {'loss': 1}\n")
    (tmp_path / "helper.py").write_text("x = 1\n")
    before = problem("mine.py:train", tmp_path).fingerprint()
    file.write_text("# a comment\nimport helper\ndef train(config): return {'loss': 1}\n")
    assert problem("mine.py:train", tmp_path).fingerprint() == before
    (tmp_path / "helper.py").write_text("x = 2\n")
    after = problem("mine.py:train", tmp_path).fingerprint()
    other = {"other": {"float": [0.0, 1.0]}}
    spaces = (LR | other, other | LR)
    prints = [problem("mine.py:train", tmp_path, space=s).fingerprint() for s in spaces]
    assert len({before, after, *prints}) == 4


def test_the_storage_answers_all_that_ray_asks_it(tmp_path: Path) -> None:
    """The assumption on Ray's private code, whose ``StorageContext`` ours replaces."""
    sources = "".join(map(inspect.getsource, (ray_trainable, function_trainable, session)))
    asked = set(re.findall(r"\bself\._?storage\.(\w+)", sources))
    assert "persist_current_checkpoint" in asked
    ours = under_test._Storage(tmp_path, "trial")
    assert [name for name in sorted(asked) if not hasattr(ours, name)] == []
