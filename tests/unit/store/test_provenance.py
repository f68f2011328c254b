"""Where results come from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hpobench.store.write import provenance


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_commit_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package := tmp_path / "hpobench").mkdir()
    (module := package / "module.py").write_text("A = 1\n")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    commit = provenance.commit.__wrapped__
    assert commit() is None
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    assert commit() == git(tmp_path, "rev-parse", "HEAD")[:12]
    module.write_text("A = 2\n")
    assert commit() == git(tmp_path, "rev-parse", "HEAD")[:12] + "-dirty"
