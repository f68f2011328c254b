"""No name that users write is lost between releases."""

from __future__ import annotations

import json

from tests.support.public_names import FILE, public_names


def test_no_public_name_of_the_last_release_is_gone() -> None:
    now = public_names()
    gone = [
        f"{place}: {name}"
        for place, names in json.loads(FILE.read_text()).items()
        for name in names
        if name not in now.get(place, ())
    ]
    assert not gone, f"docs/deprecation.md says how names go: {gone}"
