from __future__ import annotations

from typing import Any

import pytest

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.median import Median


@pytest.fixture
def fifo() -> Fifo:
    return Fifo()


@pytest.fixture(
    params=[
        pytest.param(Fifo, id="fifo"),
        pytest.param(Asha, id="asha"),
        pytest.param(lambda: Asha(brackets=3), id="asha-3-brackets"),
        pytest.param(HyperBand, id="hyperband"),
        pytest.param(Median, id="median"),
        pytest.param(lambda: Median(hard_stop=False), id="median-soft"),
    ]
)
def scheduler(request: pytest.FixtureRequest) -> Any:
    return request.param()
