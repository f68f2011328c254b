"""The private folder of a local Ray: nobody else's, gone at the end, and swept up if it is not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench.contract.errors import RayError
from hpobench.running.cluster.session import private_session
from hpobench.running.ray.servers import MARK
from tests import ROOT


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, with a path as short as Ray needs it."""
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as name:
        monkeypatch.setenv("RAY_TMPDIR", name)
        yield Path(name)


def test_it_is_private_and_gone_at_the_end(base: Path) -> None:
    with private_session() as session:
        assert session.folder.parent == base
        assert session.folder.stat().st_mode & 0o777 == 0o700
        assert session.folder.stat().st_uid == os.geteuid()
    assert list(base.iterdir()) == []


def test_another_user_can_neither_read_nor_replace_anything(base: Path) -> None:
    if os.geteuid():
        pytest.skip("waits for root, who alone may become another user")
    base.chmod(0o1777)  # as /tmp is
    with private_session() as session:
        session.ray_folder.mkdir(mode=0o777)
        session.ray_folder.chmod(0o777)  # as Ray makes it
        (session.ray_folder / "sockets").mkdir()
        for command in (f"ls {session.folder}", f"ls {session.ray_folder}"):
            assert _as_nobody(command) != 0
        assert _as_nobody(f"mv {session.folder} {base}/taken") != 0
        assert _as_nobody(f"mv {session.ray_folder}/sockets {session.ray_folder}/s2") != 0
        assert _as_nobody(f"touch {session.ray_folder}/new") != 0
        assert _as_nobody(f"ls {base}") == 0  # it is that user, and commands work


def _as_nobody(command: str) -> int:
    become = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", command)
    return subprocess.run(become, capture_output=True).returncode


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_rename_in_is_not_used(base: Path, mode: int) -> None:
    base.chmod(mode)
    with private_session() as session:
        assert session.folder.parent != base


@pytest.mark.parametrize("name", ["/tmp/with a space", "/tmp/ünicode", "/tmp/" + "long" * 9, "no"])
def test_an_odd_folder_is_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", name)
    with private_session() as session:
        assert session.folder.parent.is_dir()
        assert str(session.folder.parent) != name


def test_the_token_is_in_rays_alone(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE")
    monkeypatch.setenv(MARK, "/of/an/outer/run")
    before = dict(os.environ)
    tokens = set()
    for _ in range(2):
        with private_session() as session, session.environment():
            assert os.environ["RAY_AUTH_MODE"] == "token"
            tokens.add(os.environ["RAY_AUTH_TOKEN"])
            assert os.environ[MARK] == str(session.folder)
        assert dict(os.environ) == before
    assert len(tokens) == 2
    assert min(map(len, tokens)) == 64


def test_a_user_who_chose_about_tokens_keeps_the_choice(base: Path) -> None:
    with private_session() as session, session.environment():
        assert os.environ["RAY_AUTH_MODE"] == "disabled"
        assert "RAY_AUTH_TOKEN" not in os.environ


def test_the_logs_of_a_ray_that_failed_stay_until_the_next_session(base: Path) -> None:
    def fail() -> None:
        with private_session() as session:
            (session.folder / "raylet.out").write_text("why")
            raise RayError("it is gone")

    with pytest.raises(RayError):
        fail()
    assert [path.read_text() for path in base.glob("*/raylet.out")] == ["why"]
    with private_session() as session:
        assert list(base.iterdir()) == [session.folder]


def test_folders_in_use_links_and_strangers_stay(base: Path) -> None:
    (target := base / "target").mkdir()
    (target / "lock").touch()
    (base / "hpobench-ray-link").symlink_to(target)
    (base / "hpobench-ray-new").mkdir()  # its lock is not there yet
    (remains := base / "hpobench-ray-old" / "r").mkdir(parents=True)
    os.utime(remains.parent, (1e9, 1e9))
    with private_session() as first, private_session() as second:
        names = {first.folder.name, second.folder.name, "target"}
        expected = names | {"hpobench-ray-link", "hpobench-ray-new"}
        assert {path.name for path in base.iterdir()} == expected


KILLED = """
import os, subprocess, sys, time
from hpobench.running.cluster.session import private_session
with private_session() as session, session.environment():
    (session.folder / "r").mkdir()
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(session.folder, child.pid, flush=True)
    time.sleep(600)
"""


def test_what_a_killed_driver_leaves_is_ended_and_removed(base: Path) -> None:
    """Also what has left its process group."""
    driver = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert driver.stdout is not None
    folder, child = driver.stdout.readline().split()
    driver.kill()
    driver.communicate()
    deadline = time.monotonic() + 30
    while (Path(folder).exists() or _runs(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()
    assert not _runs(child)


def _runs(process: str) -> bool:
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
