"""``data``, by the real command line and a server on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hpobench.data import catalogue
from tests.support.data_server import entry, serving, write_list

SETS = {"one": {"a.txt": b"alpha", "b.txt": b"beta"}, "two": {"c.txt": b"gamma"}}
pytestmark = pytest.mark.usefixtures("server", "root")
PAGES = {f"/{name}/{path}": body for name, files in SETS.items() for path, body in files.items()}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server, and the list of what it serves."""
    with serving(PAGES) as running:
        url = running.url
        entries = {n: entry(f"{url}/{n}/", files, folder=f"made/{n}") for n, files in SETS.items()}
        entries["three"] = entry(None, {"d.txt": b"delta"}, how="ask A. Nobody, and copy it")
        monkeypatch.setattr(catalogue, "LIST", write_list(tmp_path / "list.json", entries))
        yield running


def test_the_list(says: Any, root: Path) -> None:
    says("data", "fetch", "one")
    (root / "made" / "two").mkdir()
    (root / "made" / "two" / "c.txt").write_text("?")
    out = says("data", "list").out
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["data", "set", "MB", "licence", "state", "for"]
    assert rows[1] == ["one", "0.0", "CC0-1.0", "here", "bowl"]
    assert rows[2] == ["two", "0.0", "CC0-1.0", "damaged", "bowl"]
    assert rows[3] == ["three", "0.0", "CC0-1.0", "absent", "bowl"]
    out = " ".join(out.split())
    assert f"here: {root / 'made' / 'one'}" in out
    facts = says("data", "list", "--json").out
    expected = [("one", "here"), ("two", "damaged"), ("three", "absent")]
    assert [(one["name"], one["state"]) for one in json.loads(facts)] == expected
    assert out.count("cite A. Nobody, Nothing, 1999") == 3
    assert f"damaged: `hpobench data fetch two` brings it into {root}/made/two" in out
    assert f"absent: ask A. Nobody, and copy it into {root}/made/up" in out
    assert f"looked for in {root} and {root.parent}/home/hpobench" in out


def test_fetching_says_what_it_is_and_whose(says: Any, server: Any, root: Path) -> None:
    out, err = says("data", "fetch", "one")
    assert err == ""
    assert out == (
        "one: a made-up set (0.0 kB)\n"
        "  licence  CC0-1.0\n"
        "  cite     A. Nobody, Nothing, 1999\n"
        f"  from     {server.url}/one/\n"
        f"  into     {root}/made/one\n"
        "  fetched  a.txt, b.txt\n"
    )
    assert (root / "made" / "one" / "b.txt").read_bytes() == b"beta"
    assert "all of it was there" in says("data", "fetch", "one").out


def test_one_that_fails_does_not_stop_the_others(says: Any, server: Any, root: Path) -> None:
    del server.pages["/one/b.txt"]
    out, err = says("data", "fetch", "one", "three", "two", code=1)
    assert (root / "made" / "one" / "a.txt").exists()
    assert (root / "made" / "two" / "c.txt").read_bytes() == b"gamma"
    assert out.count("licence  CC0-1.0") == 3  # said before anything is asked
    assert err.splitlines()[0].startswith(f"one: {server.url}/one/b.txt cannot be fetched: 404")
    assert "three: cannot be fetched: ask A. Nobody" in err.splitlines()[1]
    assert "Traceback" not in err


def test_fetching_into_another_folder(says: Any, root: Path, tmp_path: Path) -> None:
    out = says("data", "fetch", "two", "--to", str(tmp_path / "shared")).out
    assert (tmp_path / "shared" / "made" / "two" / "c.txt").read_bytes() == b"gamma"
    assert out.endswith(f"to use what is there: export HPOBENCH_DATA={tmp_path}/shared\n")
    assert not root.exists()


def test_unknown_names_have_exit_code_2(says: Any) -> None:
    out, err = says("data", "fetch", "twoo", code=2)
    assert out == ""
    assert err == "error: unknown data set 'twoo'; did you mean two?\n"
    says("data", "verify", "twoo", code=2)


def test_verifying(says: Any, root: Path) -> None:
    assert says("data", "verify") == ("no data set is there\n", "")
    says("data", "fetch", "one", "two")
    good = f"one: good, {root}/made/one\ntwo: good, {root}/made/two\n"
    assert says("data", "verify").out == good
    (file := root / "made" / "one" / "b.txt").write_bytes(b"bete")
    out = says("data", "verify", code=1).out
    assert f"one: damaged, {root}/made/one\n  {file} has the sha256 " in out
    assert f"  `hpobench data fetch one` brings it into {root}/made/one\n" in out
    assert f"two: good, {root}/made/two" in out
    says("data", "verify", "two")
    says("data", "fetch", "one")
    says("data", "verify")


def test_verifying_what_is_not_there(says: Any) -> None:
    out = says("data", "verify", "one", code=1).out
    assert out.startswith("one: the data is not here; `hpobench data fetch one` brings it into ")


def test_a_copy_elsewhere_is_mended_there(says: Any, root: Path, tmp_path: Path) -> None:
    own = tmp_path / "home" / "hpobench"
    says("data", "fetch", "two", "--to", str(own))
    (own / "made" / "two" / "c.txt").write_bytes(b"Gamma")
    out = says("data", "verify", code=1).out
    assert f"`hpobench data fetch two --to {own}` brings it into {own}/made/two" in out


def test_a_list_without_a_licence_is_one_error(says: Any, tmp_path: Path) -> None:
    given = entry("https://example.org/", {"a": b"a"})
    del given["licence"]
    write_list(tmp_path / "list.json", {"bad": given})
    err = says("data", "list", code=1).err
    assert err == f"error: {tmp_path}/list.json: the entry of bad is malformed: has no 'licence'\n"


def test_progress_on_a_terminal(says: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    out = says("data", "fetch", "one").out
    assert "b.txt" in out
    assert "4/4 bytes" in out


def test_help_says_where_data_is(says: Any) -> None:
    assert "HPOBENCH_DATA" in says("data", "--help").out
