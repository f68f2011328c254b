"""What all tests run in.

Ray without tokens, in this process, which starts Ray several times, and in what it starts. Ray
makes up its mind about tokens once a process, by the environment and by what lies in the home
folder, where `ray start` leaves a token; the servers that it starts read the environment again.
"""

from __future__ import annotations

import os

import pytest

from hpobench.isolation import searcher

os.environ["RAY_AUTH_MODE"] = "disabled"


@pytest.fixture(scope="module", autouse=True)
def _no_searchers_left():
    """Processes that wait for a further run end with the tests that began them: others look for
    what their programs leave behind, as pytest itself does in the end."""
    yield
    searcher.end_warm()
