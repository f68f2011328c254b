"""What a sample says of all: against scipy's hypergeometric distribution."""

from __future__ import annotations

import pytest
from scipy.stats import hypergeom

from hpobench.analysis.inference.sampling import detection, fewest_detected
from tests.support.present import present


@pytest.mark.parametrize(
    ("cells", "altered", "sample"),
    [(1200, 60, 40), (1200, 1, 1200), (40, 40, 1), (40, 0, 40), (10, 3, 8), (10**6, 5, 1000)],
)
def test_detection_is_hypergeometric(cells: int, altered: int, sample: int) -> None:
    expected = 1 - hypergeom(cells, altered, sample).pmf(0)
    assert detection(cells, altered, sample) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sample", [1, 2, 39, 40])
def test_fewest_detected_is_the_first_count_that_reaches_the_confidence(sample: int) -> None:
    fewest = present(fewest_detected(40, sample))
    missed = [hypergeom(40, altered, sample).pmf(0) for altered in range(41)]
    assert missed[fewest] <= 0.05 + 1e-12 < missed[fewest - 1]


def test_no_sample_says_nothing() -> None:
    assert detection(40, 40, 0) == 0
    assert fewest_detected(40, 0) is None
