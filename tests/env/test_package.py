"""The distributions that PyPI gets. `python -m tests.support.package` also uses the wheel."""

from __future__ import annotations

from pathlib import Path

from tests.support.package import build, of_the_tree, unwanted


def test_sources_and_tree_make_the_same_wheel_with_nothing_unwanted(tmp_path: Path) -> None:
    wheel = build(tmp_path / "both")
    assert wheel.read_bytes() == of_the_tree(tmp_path / "tree").read_bytes()
    assert not unwanted(wheel)
    expected = [".whl", ".gz"]
    assert [path.suffix for path in sorted((tmp_path / "both").glob("hpobench-*"))] == expected
