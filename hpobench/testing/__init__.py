"""The conformance suite for plugins, for their authors' own tests too:

import pytest
from hpobench.testing import Check, checks

@pytest.mark.parametrize("check", checks("mine.py"), ids=str)
def test_mine(check: Check) -> None:
    check()
"""

from __future__ import annotations

from hpobench.testing.conformance import checks
from hpobench.testing.verdict import Check, Misbehaved, NotApplicable

__all__ = ["Check", "Misbehaved", "NotApplicable", "checks"]
