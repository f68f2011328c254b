"""Names of files that are made of labels."""

from __future__ import annotations

import re


class Names:
    """Hands out file names, none twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str) -> str:
        """``stem``, numbered when two labels shorten to the same one (or differ in case only,
        which some file systems do not keep apart)."""
        found, n = stem, 1
        while found.lower() in self._taken:
            n += 1
            found = f"{stem}-{n}"
        self._taken.add(found.lower())
        return found


def slug(label: str) -> str:
    """A file name made of ``label``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", label).strip("-")[:100] or "unnamed"
