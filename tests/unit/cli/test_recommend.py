"""``hpobench recommend``: what it says to what, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hpobench
from hpobench.__main__ import main
from hpobench.evidence.archive import PluginFacts, ProblemFacts, joined, read_archive
from hpobench.evidence.features import Features
from tests.unit.evidence.archives import FLAT, made, of_levels

STEPS = Features(5, 1, 2, 3, False, 50)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which multivariate TPE leads, and random search thinks the least."""
    levels = {"random": 0.3, "tpe-multivariate": 0.1, "<b>$x_1$": 0.29}
    features = {f"p{n}": STEPS if n % 2 else FLAT for n in range(12)}
    problems = {
        name: ProblemFacts(f"f{n // 4}", one, False, 1, "branin", {"noise": n / 100})
        for n, (name, one) in enumerate(features.items())
    }
    found = joined([of_levels(levels, problems, thinking={"random": 0.0})])
    found.searchers["random"] = PluginFacts("random", {}, "")
    found.searchers["tpe-multivariate"] = PluginFacts("optuna-tpe", {"multivariate": True}, "")
    path = tmp_path_factory.mktemp("evidence") / "evidence.parquet"
    found.write(path)
    return path


def said(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``hpobench recommend ARGS``."""
    code = 0
    try:
        main(["recommend", *map(str, args)])
    except SystemExit as end:
        code = int(end.code or 0)
    return code, *capsys.readouterr()


def test_the_answer_comes_first(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "--floats", 3, "--evaluations", 40, "--evidence", evidence)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Use tpe-multivariate + fifo."
    assert lines[1].startswith("Expect a normalised regret of 0.10 (nine runs of ten: 0.")
    assert "; random search reaches 0.30." in " ".join(lines[1:3])
    assert "searcher={'name': 'optuna-tpe', 'multivariate': True}, scheduler='fifo')" in out
    assert "hpobench.searcher('optuna-tpe', multivariate=True)" in out
    grounds = "on 6 problems of 3 families, at 40 full evaluations with 4 workers"
    assert grounds in " ".join(out.split())


def test_json_has_all_of_it(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--floats", 3, "--fidelity", "epochs:50", "--evaluations", 40, "--noise", "--json")
    _, out, _ = said(capsys, *options, "--evidence", evidence)
    (found,) = json.loads(out)
    assert found["searcher"] == {"name": "optuna-tpe", "multivariate": True}
    assert found["question"]["features"]["steps"] == 50
    assert found["question"]["noisy"] is True
    assert next(one["searcher"] for one in found["ranked"]) == "tpe-multivariate"
    assert {near["problem"] for near in found["near"]} <= {f"p{n}" for n in range(1, 12, 2)}


def test_a_suite_is_asked_by_problem(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "smoke", "--evidence", evidence)
    assert "\nbranin\nUse tpe-multivariate + fifo." in out
    assert out.count("Use ") > 2


def test_own_trials(evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "trials.csv"
    rows = [f"{n / 9:.3f},{'ab'[n % 2]},{60 + n % 3},{n % 5}" for n in range(30)]
    file.write_text("\n".join(["x,kind,took,loss", *rows]))
    kind = ("--metric", "loss", "--mode", "min")
    options = ("--trials", file, *kind, "--cost", "took")
    _, out, _ = said(capsys, *options, "--budget", "1h", "--json", "--evidence", evidence)
    question = json.loads(out)[0]["question"]
    assert (question["features"]["floats"], question["features"]["choices"]) == (1, 1)
    assert question["trial_time"] == 61
    assert question["evaluations"] == pytest.approx(3600 * 4 / 61)
    alike = tmp_path / "alike.csv"
    alike.write_text("\n".join(["x,loss", *(f"{n},1" for n in range(30))]))
    options_alike = ("--trials", alike, *kind, "--evaluations", 9)
    code, out, err = said(capsys, *options_alike, "--evidence", evidence)
    assert (code, out) == (2, "")
    assert "every trial has the same result" in err


def test_a_suite_that_would_settle_it_can_run(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settle.yaml"
    options = ("--floats", 3, "--evaluations", 10, "--evidence", evidence, "--settle", file)
    said(capsys, *options)
    suite = hpobench.load_suite(file)
    assert [ref.label for ref in suite.searchers] == ["tpe-multivariate", "random"]
    assert suite.searchers[0].options["multivariate"] is True
    assert len(suite.problems) == 5
    code, _, err = said(capsys, *options)
    assert (code, "is there already" in err) == (2, True)


def test_a_suite_that_would_settle_it_has_problems_that_can_run_here(tmp_path: Path) -> None:
    problems = {
        "near": ProblemFacts("f0", FLAT, False, 1, "nowhere", {}),
        "far": ProblemFacts("f1", replace(FLAT, floats=9), False, 1, "branin", {}),
        "of-steps": ProblemFacts("f2", STEPS, False, 1, "branin", {}),
    }
    found = joined([of_levels({"random": 0.3, "optuna-tpe": 0.1}, problems)])
    found.write(path := tmp_path / "evidence.parquet")
    space = hpobench.Space([hpobench.Float("x", 0, 1), hpobench.Float("y", 0, 1)])
    advice = hpobench.recommend(space, evaluations=10, evidence=path)
    assert advice.advice.near[0].problem == "near"
    (tmp_path / "settle.yaml").write_text(advice.settling())
    suite = hpobench.load_suite(tmp_path / "settle.yaml")
    assert [ref.label for ref in suite.problems] == ["far"]


def test_settling_a_suite_keeps_its_problems(evidence: Path, tmp_path: Path) -> None:
    content = {"name": "mine", "searchers": ["sobol"], "problems": ["branin"], "seeds": 2}
    found = hpobench.recommend({**content, "budget": {"trials": 9}}, evidence=evidence)
    (file := tmp_path / "settle.yaml").write_text(found.settling())
    suite = hpobench.load_suite(file)
    assert [ref.label for ref in suite.problems] == ["branin"]
    assert suite.budgets["branin"].trials == 9
    assert [ref.label for ref in suite.searchers] == ["tpe-multivariate", "random"]


def test_what_is_absent(evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = read_archive(evidence)
    archive.searchers["tpe-multivariate"] = PluginFacts("hill-climber", {}, "")
    archive.write(tmp_path / "other.parquet")
    options = ("--floats", 3, "--evaluations", 10, "--evidence", tmp_path / "other.parquet")
    _, out, _ = said(capsys, *options)
    assert "\nIt is not at hand: there is no searcher hill-climber here; it came with" in out


def test_from_python(evidence: Path) -> None:
    space = hpobench.Space([hpobench.Float("lr", 1e-4, 1, log=True)])
    found = hpobench.recommend(space, budget="2h", trial_time="4min", workers=2, evidence=evidence)
    assert found.advice.question.evaluations == 60
    assert found.frame["searcher"].tolist()[0] == "tpe-multivariate"
    assert str(found).startswith("Use tpe-multivariate + fifo.\n")
    assert found.scheduler == "fifo"
    with pytest.raises(hpobench.UsageError, match="'soon' is no time"):
        hpobench.recommend(space, budget="soon", trial_time=1, evidence=evidence)
    none: list[dict[str, Any]] = [{"workers": 0}, {"workers": -2}, {"steps": -3}]
    for wrong in none:
        with pytest.raises(hpobench.UsageError, match=f"{next(iter(wrong))} must be at least 1"):
            hpobench.recommend(space, evaluations=9, evidence=evidence, **wrong)
    with pytest.raises(hpobench.UsageError, match="the suite has several problems; name one of"):
        hpobench.recommend("smoke", evidence=evidence)
    with pytest.raises(hpobench.UsageError, match="no problem 'brani'; did you mean branin"):
        hpobench.recommend("smoke", problem="brani", evidence=evidence)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "say what is tuned"),
        (["--floats", 3], "say what may be spent"),
        (["--floats", 3, "--evaluations", 9, "--budget", "1h"], "not both"),
        (["--floats", 99, "--evaluations", 9], "larger than any of the evidence"),
        (["--logs", 4, "--ints", 1, "--evaluations", 9], "4 of 1 numbers cannot"),
        (["smoke", "--floats", 3], "give either SUITE or --floats and the like, not both"),
        (["--mode", "min", "--floats", 3, "--evaluations", 9], "--mode is of --trials"),
        (["--floats", 3, "--budget", "soon"], "'soon' is no time"),
        (["--floats", 3, "--fidelity", "epochs"], "like epochs:50"),
        (["--floats", 3, "--fidelity", "epochs:1", "--evaluations", 9], "like epochs:50"),
        (["smoke", "--settle", "x.yaml"], "--settle writes one suite"),
        (["--floats", -1], "not in the range"),
    ],
)
def test_what_contradicts_itself_is_refused(
    args: list[Any],
    message: str,
    evidence: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = said(capsys, *args, "--evidence", evidence)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_evaluate_says_how_good_it_is(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "--evaluate", "--evidence", evidence)
    assert code == 0
    assert out.startswith("The advice is the algorithm that is best over the other families")
    assert "AutoSampler" in out


def test_a_small_archive_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made().write(tmp_path / "small.parquet")
    code, out, err = said(capsys, "--evaluate", "--evidence", tmp_path / "small.parquet")
    assert (code, out) == (2, "")
    assert "on three families of problems or more; the archive has fewer" in err
