"""Ray Tune's searchers behind the plugin contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
import pytest
from ray import tune
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from hpobench.api import Config, Exhausted, Float, Int, NothingYet, Ordinal, Space
from hpobench.contract.errors import CellError, PluginError, UsageError
from hpobench.contract.parameters import Parameter
from hpobench.plugins.ray_searcher import RaySearcher, build_ray_searcher, to_ray_space
from hpobench.testing.driving import SPACES, drive

SPACE = Space([Float("x", -5, 10), Int("n", 1, 3), Ordinal("batch", (8, 16))])


@pytest.fixture(autouse=True)
def quiet_optuna() -> Any:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


class Scripted(Searcher):
    """Suggests what it was given, one after the other, and writes down what it is told."""

    def __init__(self, script: tuple[Any, ...] = (), random_state: int | None = None) -> None:
        super().__init__()
        self.script, self.random_state = list(script), random_state
        self.told: list[tuple[Any, ...]] = []

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        self.properties = (metric, mode, config)
        return True

    def suggest(self, trial_id: str) -> Any:
        self.told.append(("suggest", trial_id))
        return self.script.pop(0)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        self.told.append(("result", trial_id, result))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        self.told.append(("complete", trial_id, result, error))


POINT = {"x": 1.5, "n": 2, "batch": 8}


def test_domains_hold_the_same_values() -> None:
    pairs: list[tuple[Parameter, Any]] = [
        (Float("x", -5, 10), tune.uniform(-5, 10)),
        (Float("rate", 1e-5, 1, log=True), tune.loguniform(1e-5, 1)),
        (Int("n", 1, 3), tune.randint(1, 4)),
        (Int("width", 1, 4, log=True), tune.lograndint(1, 5)),
        (Ordinal("batch", (8, 16)), tune.choice([8, 16])),
    ]
    domains = to_ray_space(Space([parameter for parameter, _ in pairs]))
    assert list(domains) == ["x", "rate", "n", "width", "batch"]
    for domain, (_, expected) in zip(domains.values(), pairs, strict=True):
        assert type(domain) is type(expected)
        assert vars(domain).keys() == vars(expected).keys()
        assert domain.domain_str == expected.domain_str
        assert type(domain.get_sampler()) is type(expected.get_sampler())
    assert set(domains["n"].sample(size=100, random_state=np.random.default_rng(0))) == {1, 2, 3}


def test_searcher_gets_metric_mode_and_space() -> None:
    searcher = Scripted()
    RaySearcher(searcher, SPACE)
    metric, mode, config = searcher.properties
    assert (metric, mode, list(config)) == ("loss", "min", SPACE.names)


def test_tells_what_ray_tune_would_tell() -> None:
    searcher = Scripted((POINT,) * 4)
    adapter = RaySearcher(searcher, SPACE)
    for trial in range(4):
        assert adapter.ask(trial) == POINT
    adapter.tell(1, 3, 0.5, final=False)
    adapter.tell(1, 4, 0.4, final=True)
    adapter.failed(0)
    adapter.dropped(3)
    ids = [trial_id for _, trial_id in searcher.told[:4]]
    assert len(set(ids)) == 4
    result = {"loss": 0.5, "training_iteration": 3, "trial_id": ids[1], "config": POINT}
    assert searcher.told[4:] == [
        ("result", ids[1], result | {"done": False}),
        ("complete", ids[1], result | {"loss": 0.4, "training_iteration": 4, "done": True}, False),
        ("complete", ids[0], None, True),
        ("complete", ids[3], None, False),
    ]


def test_gives_back_the_raw_suggestion() -> None:
    raw = {"x": np.float64(1.5), "n": 2.0, "batch": np.int64(8), "internal": "token"}
    searcher = Scripted((raw,))
    adapter = RaySearcher(searcher, SPACE)
    config = adapter.ask(0)
    assert config == POINT
    assert [type(value) for value in config.values()] == [float, int, int]
    SPACE.check(config)
    adapter.tell(0, 9, 0.1, final=True)
    assert searcher.told[-1][2]["config"] == raw


def test_nothing_yet_then_the_same_trial_then_the_end() -> None:
    adapter = RaySearcher(Scripted((None, POINT, Searcher.FINISHED)), SPACE)
    with pytest.raises(NothingYet):
        adapter.ask(0)
    assert adapter.ask(0) == POINT
    with pytest.raises(Exhausted, match="Scripted has finished"):
        adapter.ask(1)


def test_a_suggestion_without_a_parameter_names_it() -> None:
    adapter = RaySearcher(Scripted(({"x": 1.0},)), SPACE)
    with pytest.raises(CellError, match="Scripted suggested no value for n, batch"):
        adapter.ask(0)


def test_a_searcher_that_refuses_the_space() -> None:
    # The base class refuses, and so does a searcher that already has a space.
    for searcher in (Searcher(), OptunaSearch({"x": tune.uniform(0, 1)}, "loss", "min")):
        with pytest.raises(PluginError, match="does not take the problem's space"):
            RaySearcher(searcher, SPACE)


def test_seed_goes_where_the_class_wants_it() -> None:
    adapter = build_ray_searcher(Scripted, SPACE, 0, script=(POINT,))
    assert adapter._searcher.random_state == 0
    assert adapter.ask(0) == POINT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 3}, "leave out seed; every cell passes its own seed"),
        ({"sede": 3}, "unexpected keyword argument 'sede'"),
    ],
)
def test_options_that_the_class_does_not_take(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_ray_searcher(OptunaSearch, SPACE, 0, **options)


@pytest.mark.filterwarnings("ignore:The reported value is ignored because:UserWarning")
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_rays_optuna_search_keeps_the_contract(space: Space) -> None:
    def history(seed: int) -> list[Config]:
        return drive(build_ray_searcher(OptunaSearch, space, seed), space, 60)

    first = history(0)
    assert history(0) == first
    assert history(1) != first


def test_rays_optuna_search_keeps_seed_0() -> None:
    adapter = build_ray_searcher(OptunaSearch, SPACE, 0)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    for number in range(30):
        trial = study.ask()
        expected = {
            "x": trial.suggest_float("x", -5, 10),
            "n": trial.suggest_int("n", 1, 3),
            "batch": trial.suggest_categorical("batch", [8, 16]),
        }
        config = adapter.ask(number)
        assert config == expected
        loss = (float(config["x"]) - 3) ** 2 + float(config["n"])
        study.tell(trial, loss)
        adapter.tell(number, 9, loss, final=True)
