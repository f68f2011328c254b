"""Vega-Lite, which draws the charts of pages: the library as a page embeds it.

``vega.js.gz`` holds the minified files that npm publishes of the packages in :data:`RELEASES`, one
after the other, without their links to source maps; ``nox -s vega`` fetches them anew. Their
licence is ``LICENSE`` in this folder.
"""

from __future__ import annotations

import base64
import gzip
import json
import pkgutil


def _data(name: str) -> bytes:
    """A file of this folder."""
    found = pkgutil.get_data(__name__, name)
    assert found is not None  # packages in folders and in archives have their data
    return found


RELEASES: dict[str, str] = json.loads(_data("releases.json"))
"""The version of each package."""


def library() -> str:
    """The library as a page holds it: gzipped, in base64. Browsers unpack it when the first chart
    comes into sight, so that the page is there before."""
    return base64.b64encode(_data("vega.js.gz")).decode("ascii")


def script() -> bytes:
    """The library as a file that pages load."""
    return gzip.decompress(_data("vega.js.gz"))
