"""Data inside of a page."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup


def embedded(data: Any) -> Markup:
    """``data`` as JSON that may stand in a page's script, whatever its texts hold."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))
