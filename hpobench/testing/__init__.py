"""The conformance suite for plugins. Their authors call it in tests of their own::

    import pytest
    from hpobench.testing import Check, checks

    @pytest.mark.parametrize("check", checks("mine.py"), ids=str)
    def test_mine(check: Check) -> None:
        check()

A rule that is broken raises :class:`Misbehaved`; one that does not apply is a skip.
"""

from hpobench.testing.conformance import checks
from hpobench.testing.plugin_check import Check, Misbehaved, NotApplicable

__all__ = ["Check", "Misbehaved", "NotApplicable", "checks"]
