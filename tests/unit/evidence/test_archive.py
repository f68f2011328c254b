"""The archive as a file: what is written is read, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpobench.contract.errors import StoreError, UsageError
from hpobench.evidence.archive import (
    BUDGETS,
    KEYS,
    PluginFacts,
    joined,
    quantised,
    read_archive,
    regrets_of,
)
from hpobench.evidence.scores import Algorithm, scores_at
from hpobench.store.format import seal
from tests.unit.evidence.archives import FACTS, FLAT, made


def test_what_is_written_is_read(tmp_path: Path) -> None:
    archive = made()
    archive.write(tmp_path / "evidence.parquet")
    again = read_archive(tmp_path / "evidence.parquet")
    assert again.runs.equals(archive.runs)
    assert (again.problems, again.searchers) == (archive.problems, archive.searchers)
    assert again.schedulers == archive.schedulers
    assert again.to_bytes() == archive.to_bytes()


def test_pandas_reads_it_as_it_lies(tmp_path: Path) -> None:
    made().write(tmp_path / "evidence.parquet")
    frame = pd.read_parquet(tmp_path / "evidence.parquet")
    assert frame[["problem", "seed"]].values.tolist() == [[p, s] for p in "ab" for s in range(3)]


def test_regrets_keep_five_digits_and_what_is_unknown() -> None:
    values = np.array([np.linspace(0, 1, len(BUDGETS)), np.full(len(BUDGETS), np.nan)])
    archive = made(range(1), regret=quantised(values))
    unknown, known = regrets_of(archive.runs)  # of problem a and of b, which is the first
    assert known == pytest.approx(values[0], abs=1e-5)
    assert np.isnan(unknown).all()
    assert np.isnan(regrets_of(archive.runs, "visible")).all()


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    data = made().to_bytes()
    path = tmp_path / "evidence.parquet"
    for at in range(0, len(data), 97):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(StoreError):
            read_archive(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no archive of evidence"),
        (b"PAR1 nonsense PAR1", "is no archive of evidence"),
        ("frame", "is no archive of evidence"),
        ("version", "has version 2, and this hpobench reads version 1"),
        ("columns", "the columns of its runs are not those"),
        ("problem", "says nothing of problem a"),
        ({"seed": [0] * 6}, "it has a run twice"),
        ({"seed": [-1, 1, 2] * 2}, "impossible seed"),
        ({"scheduler": [None] * 6}, "scheduler is missing in a run"),
        ({"regret": quantised(np.full((6, len(BUDGETS)), 1.1))}, "regret is not between 0 and 1"),
    ],
)
def test_foreign_archives_are_refused(
    content: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "evidence.parquet"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "frame":
        pd.DataFrame({"a": [1]}).to_parquet(path)
    elif content == "version":
        with monkeypatch.context() as patch:
            patch.setattr("hpobench.evidence.archive.VERSION", 2)
            made().write(path)
    elif content == "columns":
        table = pq.read_table(pa.BufferReader(made().to_bytes()))
        about = {**(table.schema.metadata or {}), seal.KEY.encode(): seal.BLANK.encode()}
        sink = pa.BufferOutputStream()
        pq.write_table(table.drop_columns(["content"]).replace_schema_metadata(about), sink)
        path.write_bytes(seal.sealed(bytes(sink.getvalue())))
    elif isinstance(content, dict):
        made(**content).write(path)
    else:
        replace(made(), problems={"b": FACTS}).write(path)
    with pytest.raises(StoreError, match=message):
        read_archive(path)


def test_there_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no archive"):
        read_archive(tmp_path / "evidence.parquet")


def test_archives_join_in_any_order_to_the_same_bytes() -> None:
    parts = [made(range(2)), made(range(1, 3)), made(searcher="sobol")]
    whole = joined(parts)
    assert len(whole.runs) == 12
    assert whole.to_bytes() == joined(parts[::-1]).to_bytes()
    assert joined([whole, whole]).to_bytes() == whole.to_bytes()
    keys = list(zip(*(whole.runs[key].to_pylist() for key in KEYS), strict=True))
    assert keys == sorted(keys)


def test_the_same_cell_with_other_results_is_refused() -> None:
    other = made(range(30), content=[b"otherone"] * 60)
    with pytest.raises(UsageError, match=r"different results of the same cells \(60\)") as refusal:
        joined([made(range(30)), other])
    lines = str(refusal.value).splitlines()
    assert (lines[1], lines[21]) == ("  random/fifo/a/0/4", "  and 40 more")
    regrets = made(regret=quantised(np.zeros((6, len(BUDGETS)))))
    with pytest.raises(UsageError, match=r"different results of the same cells \(6\)"):
        joined([made(), regrets])


def test_a_cell_of_another_version_takes_the_place_of_the_old_one() -> None:
    newer = made(cell=[f"new{n:03}".encode() for n in range(6)], trials=[50] * 6)
    assert joined([made(), newer]).runs["trials"].to_pylist() == [50] * 6


def test_problems_must_be_measured_by_the_same_references() -> None:
    other = replace(made(), problems={"a": replace(FACTS, reference=2), "b": FACTS})
    with pytest.raises(UsageError, match="a: the archives describe this problem in different ways"):
        joined([made(), other])


def test_a_label_means_one_thing() -> None:
    other = PluginFacts("random", {"shuffle": True}, "library 1.0")
    with pytest.raises(UsageError, match="random: the archives mean different things"):
        joined([made(), replace(made(), searchers={"random": other})])


def test_a_searcher_that_thinks_long_reaches_less() -> None:
    archive = joined([made(), made(searcher="sobol", thinking=[0.5] * 6)])
    scores = scores_at(archive, lambda seconds: 100 / (1 + 100 * seconds), 4, stoppable=False)
    full = scores_at(archive, 100.0, 4, stoppable=False)
    little = scores_at(archive, 100 / 51, 4, stoppable=False)
    assert scores.regret[:, 0] == pytest.approx(full.regret[:, 0], abs=0.05)
    assert scores.regret[:, 1] == pytest.approx(little.regret[:, 1], abs=1e-6)


@pytest.mark.parametrize(("budget", "counts"), [(45.0, True), (50.0, True), (52.0, False)])
def test_a_run_counts_up_to_its_end_between_two_budgets(budget: float, counts: bool) -> None:
    """Schedulers' runs end at 50 full evaluations, where a question is often about."""
    regret = np.where(BUDGETS > 50, np.nan, 1 / BUDGETS)
    archive = made(results=[50] * 6, regret=quantised(np.repeat(regret[None], 6, axis=0)))
    found = scores_at(archive, budget, 4, stoppable=False).regret
    last = 1 / BUDGETS[BUDGETS <= 50][-1]
    assert np.isfinite(found).all() == counts
    assert not counts or found == pytest.approx(max(last, 1 / budget), abs=1e-3)


def test_scores_are_the_regrets_at_a_budget() -> None:
    archive = joined([made(), made(searcher="sobol", thinking=[0.5] * 6)])
    scores = scores_at(archive, 100.0, 4, stoppable=False)
    assert scores.algorithms == (Algorithm("random", "fifo"), Algorithm("sobol", "fifo"))
    assert scores.problems == ("a", "b")
    assert scores.thinking == pytest.approx([0.001, 0.5])
    last = regrets_of(archive.runs)[:, -1].reshape(2, 2, 3)
    assert scores.regret == pytest.approx(last.swapaxes(0, 1))
    between = scores_at(archive, float(np.sqrt(BUDGETS[3] * BUDGETS[4])), 64, stoppable=False)
    both = regrets_of(archive.runs)[:, 3:5].mean(axis=1).reshape(2, 2, 3).swapaxes(0, 1)
    assert between.regret == pytest.approx(both)
    assert scores_at(archive, 10.0, 4, stoppable=True).algorithms == ()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"features": {"floats": "many"}}, "its facts cannot be read"),
        ({"features": None}, "its facts cannot be read"),
        ({"options": []}, "its facts cannot be read"),
        ({"features": {**asdict(FLAT), "floats": 0}}, "problem a has impossible features"),
        ({"features": {**asdict(FLAT), "steps": 0}}, "problem a has impossible features"),
    ],
)
def test_facts_that_strangers_made_up_are_refused(facts: Any, message: str, tmp_path: Path) -> None:
    table = pq.read_table(pa.BufferReader(made().to_bytes()))
    about = json.loads((table.schema.metadata or {})[b"hpobench_evidence"])
    about["problems"]["a"] |= facts
    metadata = {b"hpobench_evidence": json.dumps(about).encode(), seal.KEY: seal.BLANK}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), sink)
    (path := tmp_path / "evidence.parquet").write_bytes(seal.sealed(bytes(sink.getvalue())))
    with pytest.raises(StoreError, match=message):
        read_archive(path)
