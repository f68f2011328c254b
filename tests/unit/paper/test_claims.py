"""Reading publications, and what makes ours agree."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hpobench.analysis.core.curves import algorithms_of
from hpobench.contract.errors import SuiteError, UsageError
from hpobench.contract.package import PAPER
from hpobench.paper.claims import Order, Speedup, Value, read_publication, read_publications
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

HEAD = """\
source: Somebody, 2001
suite: smoke
axis: evaluations
measured: The best of 200.
claims:
"""
VALUE = """\
  - {id: v, kind: value, says: It is one., where: table 1, problem: branin,
     algorithm: random, at: 200, published: 1, sd: 0.1, runs: 16}
"""
ORDER = """\
  - {id: o, kind: order, says: A beats B., where: figure 2, problem: branin,
     algorithm: a, than: b, at: 10, differs: B is newer.}
"""
SPEEDUP = """\
  - {id: s, kind: speedup, says: A is faster., where: abstract, problem: branin,
     algorithm: a, than: b, target: 0.1}
"""


def read(folder: Path, text: str) -> Any:
    (file := folder / "somebody.yaml").write_text(text)
    return read_publication(file)


def test_a_publication(tmp_path: Path) -> None:
    publication = read(tmp_path, HEAD + VALUE + ORDER + SPEEDUP)
    value, order, speedup = publication.claims
    assert isinstance(value, Value)
    assert isinstance(order, Order)
    assert isinstance(speedup, Speedup)
    expected = ("Somebody, 2001", None, "any")
    assert (publication.source, publication.url, publication.fidelity) == expected
    assert publication.problems == ("branin",)
    assert [c.printed for c in publication.claims] == ["1 ± 0.1", "below 1", "above 1"]
    assert (value.differs, order.differs) == ("", "B is newer.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "a publication is made of keys like 'source:' and 'claims:'"),
        (HEAD + VALUE + "author: me\n", ":8: author: no such key; keys: source, url"),
        (HEAD + "  []\n", "claims: the list is empty; name at least one"),
        (HEAD.replace("evaluations", "epochs") + VALUE, ":3: axis: \"epochs\" is none of 'time'"),
        (HEAD + "  - branin\n", ":6: claims[0]: a claim has a 'kind:' of value, order, speedup"),
        (HEAD + VALUE.replace("value", "valeu"), "speedup; did you mean value?"),
        (HEAD + VALUE.replace("runs: 16", "rums: 16"), "rums: no such key; did you mean runs"),
        (HEAD + VALUE.replace(", runs: 16", ""), "claims[0].runs: this key is required"),
        (HEAD + VALUE.replace("at: 200", "at: 0"), "claims[0].at: must be positive, not 0"),
        (HEAD + VALUE + VALUE, ":8: claims[1].id: 'v' is given twice"),
        (HEAD + SPEEDUP.replace("0.1", "1"), "claims[0].target: "),
    ],
)
def test_faults_say_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


def test_all_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, HEAD + VALUE.replace("at: 200", "at: -1") + ORDER.replace("than: b, ", ""))
    assert "claims[0].at" in str(caught.value)
    assert "claims[1].than" in str(caught.value)


def test_a_folder_without_publications(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no publication"):
        read_publications(tmp_path)


@pytest.mark.parametrize(
    ("text", "low", "high", "agrees"),
    [
        (VALUE, 0.95, 1.05, "yes"),
        (VALUE, 1.04, 1.15, "undecided"),
        (VALUE, 1.051, 1.09, "no"),
        (VALUE, 0.9, 0.949, "no"),
        (VALUE, 0.91, 0.951, "yes"),
        (VALUE, 1.11, 1.5, "no"),
        (VALUE, 0.1, 0.89, "no"),
        (VALUE, 0.5, 1.5, "undecided"),
        (ORDER, 0.5, 0.9, "yes"),
        (ORDER, 0.5, 1.1, "undecided"),
        (ORDER, 1.1, 2.0, "no"),
        (SPEEDUP, 1.2, 3.0, "yes"),
        (SPEEDUP, 0.8, 3.0, "undecided"),
        (SPEEDUP, 0.2, 0.9, "no"),
        (SPEEDUP.replace("0.1}", "0.1, up_to: 40}"), 1.2, 3.0, "yes"),
        (VALUE, math.nan, math.nan, "undecided"),
        (ORDER, math.nan, math.nan, "undecided"),
        (SPEEDUP, math.nan, math.nan, "undecided"),
    ],
)
def test_agreement(tmp_path: Path, text: str, low: float, high: float, agrees: str) -> None:
    (claim,) = read(tmp_path, HEAD + text).claims
    assert claim.agrees(low, high) == agrees


SHIPPED = read_publications(PAPER / "published")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_claims_are_about_what_their_suite_runs(name: str) -> None:
    """Problems and algorithms by the labels that results will have, within the budget."""
    publication = SHIPPED[name]
    suite = load_suite(PAPER / "suites" / f"{publication.suite}.yaml")
    frame = pd.DataFrame(
        [(c.searcher.label, c.scheduler.label, c.problem.label) for c in build_plan(suite).cells],
        columns=["searcher", "scheduler", "problem"],
    )
    name_of = {(a.searcher, a.scheduler): a.name for a in algorithms_of(frame)}
    ran = {
        (name_of[searcher, scheduler], problem)
        for searcher, scheduler, problem in frame.itertuples(index=False)
    }
    for claim in publication.claims:
        assert (claim.algorithm, claim.problem) in ran, claim.id
        if not isinstance(claim, Value):
            assert (claim.than, claim.problem) in ran, claim.id
        if not isinstance(claim, Speedup):
            assert publication.axis == "evaluations"
            assert claim.at <= (suite.budgets[claim.problem].evaluations or 0), claim.id
