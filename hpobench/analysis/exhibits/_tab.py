"""Where an exhibit stands on a page."""

from __future__ import annotations

from typing import Literal

Tab = Literal["answer", "curves", "problems", "tests", "setup"]
"""Who leads; how fast; on which problems, and with what configurations; how sure that is; what ran,
and what it cost."""
