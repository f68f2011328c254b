"""How verbs end that write an archive of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.cli.shared import Output

if TYPE_CHECKING:
    from hpobench.evidence.archive import Archive


def write_archive(archive: Archive, file: Path, output: Output, *more: str, **facts: Any) -> None:
    """Write ``archive``, and print what it holds; ``more`` lines and ``facts`` follow."""
    archive.write(file)
    size = file.stat().st_size
    counts = {"runs": len(archive.runs), "searchers": len(archive.searchers)}
    counts |= {"problems": len(archive.problems), "bytes": size}
    line = f"{file}: {archive.summary}, {size / 1e6:.2f} MB"
    output.end({"archive": str(file), **counts, **facts}, file, line, *more)
