"""The union of suites: what may differ, and what is refused by its key."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.contract.errors import UsageError
from hpobench.suites.resolved import union

RANDOM = {"name": "random", "as": "random"}
SOBOL = {"name": "sobol", "as": "sobol", "scramble": True}
SUITE: dict[str, Any] = {
    "name": "a",
    "description": "",
    "searchers": [RANDOM],
    "schedulers": [{"name": "fifo", "as": "fifo"}],
    "problems": [{"name": "branin", "as": "branin", "budget": {"trials": 3}}],
    "seeds": [0, 5],
    "workers": 4,
    "stage": "virtual",
}


def joined(**other: Any) -> dict[str, Any]:
    return union([("A", SUITE), ("B", SUITE | other)])


def test_lists_and_seeds_are_joined_and_the_first_name_stays() -> None:
    found = joined(name="b", description="more", searchers=[SOBOL, RANDOM], seeds=[1, 5])
    assert found == SUITE | {"searchers": [RANDOM, SOBOL], "seeds": [0, 1, 5]}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"workers": [1, 4]}, r"^A and B: 'workers' is not the same: 4 and \[1, 4\]"),
        ({"only": "random/*"}, "'only' is not the same: None and 'random/"),
        (
            {"problems": [SUITE["problems"][0] | {"budget": {"trials": 4}}]},
            "problems: 'branin' is not the same: 'budget' is {'trials': 3} and {'trials': 4}",
        ),
        (
            {"searchers": [SOBOL | {"as": "random"}]},
            "searchers: 'random' is not the same: 'name' is 'random' and 'sobol'",
        ),
        ({"searchers": [RANDOM | {"as": "rs"}]}, "'random' and 'rs' are the same"),
    ],
)
def test_what_else_differs_is_refused(other: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        joined(**other)


def test_the_order_of_a_space_counts() -> None:
    one, other = ({"x": 1, "y": 2}, {"y": 2, "x": 1})
    rows = [[SUITE["problems"][0] | {"space": space}] for space in (one, other)]
    with pytest.raises(UsageError, match="'space' is"):
        union([("A", SUITE | {"problems": rows[0]}), ("B", SUITE | {"problems": rows[1]})])
