"""Every check fails where its rule is broken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import NotAvailableError, UnknownNameError, UsageError
from hpobench.plugins.registry import Entry
from hpobench.testing import Check, checks
from hpobench.testing.conformance import checks_of, entries
from hpobench.testing.plugin_check import judge
from tests.support.command_line import invoke, python
from tests.support.night import some

FILE = Path(__file__).with_name("misbehaving.py")
ENTRIES = {entry.name: entry for entry in entries(FILE)}

RULES = [
    ("good", {}),
    ("mumbles", {"description": "'Says what it is without an end'.*write a sentence"}),
    ("bare", {"options": "'greed' has no annotation"}),
    ("outside", {"proposals": r"on the continuous space: ask\(6\) returned .* x = 10.5 is not in"}),
    ("flat", {"conditions": "is set although 'model' turns it off"}),
    ("backwards", {"proposals": "the space's order is x, rate: build it with space.build"}),
    ("doubling", {"pending": "continuous 2, mixed 2.*set `parallel = False`"}),
    ("revived", {"exhaustion": "on the continuous space: after Exhausted it returned"}),
    ("forgetful", {"repeatable": "trial 0 is .* with the same seed", "string hashes": "trial 0"}),
    ("seedless", {"seeds": "seeds 0 and 1 give the same proposals"}),
    ("hashing", {"string hashes": "trial 0 is .* in another process"}),
    ("meddling", {"global generators": "moved the global generator of random;"}),
    ("overflowing", {"diverged": r"tell\(\d+, step \d, loss 1e\+30, .* raised OverflowError"}),
    ("fragile", {"some fail": r"failed\(\d+\) raised KeyError", "all fail": r"failed\(0\) raised"}),
    ("rash", {"early ends": r"paused\(\d+\) raised RuntimeError: what now\?"}),
    ("dividing", {"equal losses": r"on the continuous space: tell\(1, .* ZeroDivisionError"}),
    ("deaf", {"adoption": "the losses of 20 configurations that it adopted do not change any"}),
    ("leaking", {"memory growth": r"2\.\d MB a trial between trials"}),
    ("leaving", {"proposals": r"ask\(0\) raised SystemExit: 3"}),
    ("plain", {}),
    ("same", {"fresh": "returned the same scheduler twice"}),
    ("boastful", {"ends trials": "does not end a trial; set `ends_trials = False`"}),
    ("pausing", {"pauses": "it pauses trials; set `pauses = True`"}),
    ("dicing", {"repeatable": "with 6 steps and 4 workers: decisions differ"}),
    ("stuck", {"comes to an end": "with 6 steps and 1 workers: stalled"}),
    ("line", {}),
    ("noisy", {"curves repeat": "a curve is another when it is asked for again"}),
    ("free", {"curves": "seconds are positive"}),
    ("below", {"reference": "is below the known optimum 0.4"}),
    ("cheap", {"estimate": "returned 100 s where the median is 1 s"}),
    ("short", {"curves": "has 1 losses for 3 steps"}),
    ("trained", {}),
    ("diverging", {"training": "'loss' is a finite number"}),
    ("unseeded", {"training repeats": "losses are"}),
    ("amnesiac", {"saved states": "step 2 gives 1 from the saved state, 2 without"}),
]


def made(entry: Entry) -> list[Check]:
    return checks_of(entry, {}, Path(), patience=1, trials=20)


def test_every_check_has_its_case() -> None:
    names = {check.name for entry in ENTRIES.values() for check in made(entry)}
    # A warm process is tested in tests/env/isolation; the rest is implied by others or cannot fail.
    assert names - {name for _, rules in RULES for name in rules} == {
        "anything",
        "warm process",
        "thinking time",
        "failing trials",
        "builds",
        "space",
        "fingerprint",
        "leaves other cells alone",
    }


def test_a_spoilt_process_is_told_of() -> None:
    """In a process of its own, for it stays so."""
    done = python("-m", "hpobench", "check", FILE, "--only", "spoiling", code=1)
    assert "failed   leaves other cells alone" in done.stdout
    printed = " ".join(done.stdout.split())  # without the terminal's line breaks
    assert "a cell of other plugins has another result in this process" in printed
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(("name", "rules"), some(RULES, 6))
def test_a_broken_rule_is_told_of(name: str, rules: dict[str, Any]) -> None:
    results = {check.name: judge(check, 60) for check in made(ENTRIES[name])}
    for rule, told in rules.items():
        assert results[rule].status == "failed"
        assert re.search(told, results[rule].text), results[rule].text
    if not rules:
        assert [r.text for r in results.values() if r.status == "failed"] == []


def test_a_loop_without_end_ends_the_checks() -> None:
    output = invoke("check", FILE, "--only", "endless", "--limit", "1", code=1)
    assert "failed   proposals" in output
    assert "did not end within 1 s" in output
    assert "an earlier check hung" in output
    assert "2 ok, 1 failed, 18 skipped" in output


def test_the_command_says_what_was_found() -> None:
    output = invoke("check", FILE, "--only", "line")
    assert output.startswith(f"problem line ({FILE})\n")
    assert "  ok       curves repeat             The same configuration and seed" in output
    assert "10 ok, 3 skipped" in output
    assert "1 failed" in invoke("check", FILE, "--only", "noisy", code=1)


def builds(name: str, **options: Any) -> str:
    (found,) = (c for c in checks(name, options=options) if c.name == "builds")
    return judge(found, 60).text


def test_required_options_are_given_or_of_a_first_member_or_first_choices(tmp_path: Path) -> None:
    (found,) = entries("recorded")
    with pytest.raises(UsageError, match=r"option 'table' is required.*\(-o KEY=VALUE"):
        checks_of(found, {}, tmp_path)
    assert "categorical=4, continuous=4" in builds("counting-ones")
    assert "categorical=8, continuous=8" in builds("counting-ones", categorical=8)
    options = {"categorical": 2, "continuous": 2}
    results = [judge(check, 60) for check in checks("counting-ones", options=options)]
    assert {v.status for v in results} == {"ok", "skipped"}


def test_what_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean random"):
        checks("randm")
    with pytest.raises(UnknownNameError, match="unknown plugin 'lime'; did you mean line"):
        checks(FILE, only="lime")
    with pytest.raises(UnknownNameError, match="unknown plugin 'line'"):
        checks("random", only="line")
    (file := tmp_path / "needy.py").write_text(
        "from hpobench.api import Searcher\n"
        "class Needy(Searcher):\n    name = 'needy'\n    requires = ('no-such-package',)\n"
    )
    with pytest.raises(NotAvailableError, match="searcher needy: needs no-such-package"):
        checks(file)


def test_pytest_takes_them_as_tests(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import pytest\n"
        "from hpobench.testing import Check, checks\n\n"
        f"@pytest.mark.parametrize('check', checks({str(FILE)!r}, only='noisy'), ids=str)\n"
        "def test_mine(check: Check) -> None:\n    check()\n"
    )
    done = python("-m", "pytest", "-p", "no:cacheprovider", cwd=tmp_path, code=None)
    assert "1 failed, 9 passed, 3 skipped" in done.stdout
    assert "FAILED test_mine.py::test_mine[noisy: curves repeat]" in done.stdout
