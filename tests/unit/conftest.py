"""The rule of this tier: no Ray, no environment of a searcher, no browser.

Importing Ray alone takes seconds, so a session of unit tests alone fails where one of them did.
"""

from __future__ import annotations

import sys

import pytest

FORBIDDEN = ("ray", "playwright")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session of unit tests alone in which something forbidden was imported."""
    found = sorted(sys.modules.keys() & set(FORBIDDEN))
    alone = all("tests/unit/" in str(item.path.as_posix()) for item in session.items)
    if found and alone and session.items:
        print(f"\nunit tests imported {', '.join(found)}: move those that need it to another tier")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
