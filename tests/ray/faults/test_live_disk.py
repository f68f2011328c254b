"""Live cells on a disk that fills up: said clearly, nothing lost, and on they go with space."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import finish
from tests.ray.faults.live_watch import Witness, faults, lines
from tests.ray.faults.test_live import arguments, planned, write_suite


def test_a_full_disk_ends_a_run_until_more(tmp_path: Path, log: Any, small_disk: Path) -> None:
    problem = "{chain: {weight: 4000}}"  # bytes of a state
    suite = write_suite(tmp_path, "hyperband", trials=12, problem=problem, seeds=1)
    command = arguments(suite, small_disk, cpus=1)
    journals = small_disk / "chains" / "journals"

    output = finish(*command, code=1)
    assert "the disk is full; free some space and run the same command again" in output
    assert "Traceback" not in output
    assert list(journals.glob("*.journal"))
    finish("status", small_disk / "chains", code=1)  # reads
    finished = len(lines(log))
    assert finished > 10

    assert "the disk is full" in finish(*command, code=1)  # still
    assert len(lines(log)) - finished <= 2  # and nothing is trained in vain again and again

    witness = Witness(log, journals)
    witness.look()
    subprocess.run(["mount", "-o", "remount,size=10m", small_disk], check=True)
    finish(*command)
    results = load_results(small_disk / "chains")
    assert (results.cells["status"] == "done").all()
    assert faults(results, planned(suite)) == []
    assert witness.faults() == []
