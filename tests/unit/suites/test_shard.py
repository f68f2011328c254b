"""Parts of a plan: every cell in one of them, and none with all the expensive ones."""

from __future__ import annotations

from collections import Counter

import pytest

from hpobench.contract.errors import UsageError
from hpobench.suites.run_options import Shard


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("combinations", [1, 2, 7, 12])
@pytest.mark.parametrize("cells", [0, 1, 84, 300])
def test_shards_together_are_the_plan(count: int, combinations: int, cells: int) -> None:
    parts = [Shard(n, count, combinations).places(cells) for n in range(1, count + 1)]
    assert sorted(place for part in parts for place in part) == list(range(cells))
    assert Shard(1, count, combinations).whole(parts) == list(range(cells))


def test_each_combination_is_spread_over_all_parts() -> None:
    count, combinations, seeds = 16, 32, 64
    for number in range(1, count + 1):
        places = Shard(number, count, combinations).places(combinations * seeds)
        found = Counter(place % combinations for place in places)
        assert set(found.values()) == {seeds // count}
        assert len(found) == combinations


def test_parts_of_another_plan_are_noticed() -> None:
    with pytest.raises(StopIteration):
        Shard(1, 2).whole([[0], [1, 2, 3]])


@pytest.mark.parametrize(
    "text", ["", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/4/2", "1 / 4", "٣/4"]
)
def test_odd_texts_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="like 3/16"):
        Shard.of(text)


def test_the_name_of_its_folder() -> None:
    assert Shard.of("3/16").suffix == ".shard-3-of-16"
