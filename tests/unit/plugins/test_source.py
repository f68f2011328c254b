"""Edits of shipped plugin files that changed no result of a cell without a start or a prior."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpobench.contract.cell import Kind
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.plugins import source
from hpobench.plugins.syntax import read

FOLDER = PLUGIN_FOLDERS["algorithms"] / "searchers"
BEFORE = {
    "cma.py": "592cd510032f96ef",
    "optuna_tpe.py": "ef0414527ed82d32",
    "flaml.py": "1e270e7e1b147d65",
    "grid_search.py": "9906b382bdb658c5",
    "neps.py": "9aaca82987b09c01",
    "optuna_qmc.py": "5a2b7db6ae515f5b",
    "random_search.py": "c2b80000a3dd366e",
    "smac.py": "4abde31612f40d25",
    "sobol.py": "060defdba9f6fbb8",
}
"""Hashes with which cells are stored, from the time before searchers knew starts and priors."""


def test_every_row_is_of_a_shipped_file_as_it_is_now() -> None:
    files: list[tuple[Kind, Path]] = [("searcher", file) for file in FOLDER.glob("*.py")]
    files += [("problem", file) for file in PLUGIN_FOLDERS["problems"].glob("*/*.py")]
    shipped = {source.file_digest(read(file), kind): file.name for kind, file in files}
    then = {source._SAME_ALWAYS.get(digest, digest) for digest in shipped}
    stale = [now for now in source._SAME_ALWAYS if now not in shipped]
    stale += [now for now in source._SAME_RESULTS if now not in then]
    assert not stale, (
        f"hpobench/plugins/source.py: rows of no shipped file: {stale}. A file "
        "was edited after its row was written. If the edit changes no result of a cell without a "
        "start or a prior, write the file's digest of now in place of the old one; else delete "
        f"the row. Digests of now: { {name: digest for digest, name in shipped.items()} }"
    )


@pytest.mark.parametrize("name", BEFORE)
def test_cells_that_were_stored_before_keep_their_ids(name: str) -> None:
    assert source.source_hash(FOLDER / name, "searcher") == BEFORE[name]


def test_a_row_stands_for_the_digest_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n", encoding="utf-8")
    before, then = source.source_hash(file), source.file_digest(read(file), None)
    file.write_text("x = 22\n", encoding="utf-8")
    assert source.source_hash(file) != before
    monkeypatch.setitem(source._SAME_RESULTS, source.file_digest(read(file), None), then)
    assert source.source_hash(file) == before
    file.write_text("x = 333\n", encoding="utf-8")
    assert source.source_hash(file) != before
