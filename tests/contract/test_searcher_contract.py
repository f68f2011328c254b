"""What every searcher plugin must keep to."""

from __future__ import annotations

import inspect
import json
import os
import random
import re
import subprocess
import sys

import numpy as np
import pytest

from hpobench.api import Exhausted, Searcher, Space
from hpobench.discovery import GIVEN
from hpobench.registry import Entry, Registry
from hpobench.testing.driving import FIDELITY, drive, propose_in_turn
from hpobench.testing.spaces import SPACES
from tests.contract.driving import building, trials_of

ENTRIES = {entry.name: entry for entry in Registry().entries("searcher")}

PROPOSE = """
import json, sys
from hpobench.registry import Registry
from hpobench.testing.driving import propose_in_turn
from tests.contract.driving import building
from hpobench.testing.spaces import SPACES

space = SPACES["mixed"]
proposed = {}
for entry in Registry().entries("searcher"):
    with building(entry, space, 0) as searcher:
        proposed[entry.name] = propose_in_turn(searcher, space, 6)
print(json.dumps(proposed))
"""


@pytest.fixture(params=ENTRIES)
def entry(request: pytest.FixtureRequest) -> Entry:
    found = ENTRIES[request.param]
    if (reason := found.missing()) is not None:
        pytest.skip(reason)
    return found


@pytest.fixture(params=SPACES)
def space(request: pytest.FixtureRequest, entry: Entry) -> Space:
    space = SPACES[request.param]
    if space.conditional and not entry.load().conditional:
        pytest.skip(f"{entry.name} does not understand conditions")
    return space


def global_states() -> str:
    return repr((random.getstate(), np.random.get_state()))  # noqa: NPY002


def test_shipped_searchers_are_found() -> None:
    names = {"random", "grid", "sobol", "optuna-tpe", "optuna-gp", "optuna-cmaes"}
    assert names <= set(ENTRIES)


def test_describes_itself(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name)
    assert re.fullmatch(r"\S.*\.", entry.summary)
    assert issubclass(entry.load(), Searcher)


def test_options_are_annotated_keywords_with_defaults(entry: Entry) -> None:
    parameters = inspect.signature(entry.load().__init__).parameters
    for option in parameters.values():
        if option.name not in GIVEN:
            assert option.kind is inspect.Parameter.KEYWORD_ONLY
            assert option.annotation is not inspect.Parameter.empty
            assert option.default is not inspect.Parameter.empty


def test_seed_alone_decides_the_proposals(entry: Entry, space: Space) -> None:
    def history(seed: int) -> str:
        # As JSON, for True == 1 in Python.
        with building(entry, space, seed) as searcher:
            return json.dumps(drive(searcher, space, trials_of(entry)))

    first = history(0)
    before = global_states()
    assert history(0) == first or not entry.load().deterministic
    assert history(1) != first
    assert global_states() == before


def test_proposes_until_the_end_or_stays_exhausted(entry: Entry, space: Space) -> None:
    with building(entry, space, 3) as searcher:
        proposed = drive(searcher, space, trials_of(entry))
        if len(proposed) < trials_of(entry):
            for _ in range(2):
                with pytest.raises(Exhausted):
                    searcher.ask(len(proposed))


def test_stands_the_same_loss_again_and_again(entry: Entry, space: Space) -> None:
    with building(entry, space, 4) as searcher:
        for trial in range(min(12, trials_of(entry))):
            try:
                space.check(searcher.ask(trial))
            except Exhausted:
                break
            searcher.tell(trial, FIDELITY.steps, 1.0, final=True)


def test_survives_a_cell_in_which_every_trial_fails(entry: Entry, space: Space) -> None:
    with building(entry, space, 5) as searcher:
        for trial in range(min(12, trials_of(entry))):
            try:
                space.check(searcher.ask(trial))
            except Exhausted:
                break
            searcher.failed(trial)


def test_proposals_do_not_depend_on_string_hashes() -> None:
    def propose(hash_seed: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PROPOSE],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = propose("1")
    space = SPACES["mixed"]
    for name, configs in json.loads(first).items():
        with building(ENTRIES[name], space, 0) as searcher:
            here = propose_in_turn(searcher, space, 6)
        assert json.dumps(configs) == json.dumps(here), name
    assert propose("2") == first
