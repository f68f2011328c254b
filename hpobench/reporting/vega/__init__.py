"""Vega-Lite, which draws the charts of pages: the library as a page embeds it.

``vega.js.gz`` holds the minified files that npm publishes of the packages in :data:`RELEASES`, one
after the other, without their links to source maps; ``nox -s vega`` fetches them anew. Their
licence is ``LICENSE`` in this folder.
"""

from __future__ import annotations

import base64
import json
from importlib.resources import files

RELEASES: dict[str, str] = json.loads(
    files(__package__).joinpath("releases.json").read_text(encoding="utf-8")
)
"""The version of each package."""


def library() -> str:
    """The library as a page holds it: gzipped, in base64. Browsers unpack it when the first chart
    comes into sight, so that the page is there before."""
    data = files(__package__).joinpath("vega.js.gz").read_bytes()
    return base64.b64encode(data).decode("ascii")
