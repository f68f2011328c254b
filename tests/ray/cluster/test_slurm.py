"""The jobs for Slurm of examples/cluster, run with what stands in for Slurm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tests.ray.cluster import slurm
from tests.ray.cluster.machines import Machine, lacking, machines
from tests.ray.faults.commands import events, finish
from tests.ray.object_store import s3_server
from tests.ray.running.test_union import SUITE as BASE
from tests.support.night import count, night

JOBS = ROOT / "examples" / "cluster" / "slurm"
SUITE = BASE.replace("base", "tiny").replace("seeds: 3", "seeds: 2").replace("ns: 4", "ns: 6")
CELLS = 2 * (1 + 2) * 2
SEEDS = count(50, 150)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of a user of Slurm in ``tmp_path``, where the suite lies."""
    (tmp_path / "tiny.yaml").write_text(SUITE)
    (tmp_path / "jobs").mkdir()
    (programs := tmp_path / "venv" / "bin").mkdir(parents=True)
    for name in ("sbatch", "srun", "scontrol"):
        _program(programs / name, f"{slurm.__file__} {name}")
    _program(programs / "hpobench", "-m hpobench")
    _program(programs / "ray", "-m ray.scripts.scripts")
    _program(programs / "python", "")
    (programs / "activate").write_text(f"export PATH='{programs}':$PATH\n")
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VENV": str(programs.parent),
        "STAND_IN_JOBS": str(tmp_path / "jobs"),
        "STAND_IN_CPUS": "1",
    }


def _program(path: Path, words: str) -> None:
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
    path.chmod(0o755)


def submit(
    environment: dict[str, str], *command: object, wait: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a command of a user in the folder of the suite, to its end."""
    return subprocess.run(
        [*map(str, command)],
        cwd=Path(environment["STAND_IN_JOBS"]).parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=wait,
    )


def one_run(folder: Path) -> Path:
    """The results of the suite in ``folder``, run at once."""
    finish("run", folder / "tiny.yaml", "--results", folder / "one", "--no-report")
    return folder / "one" / "tiny"


def output(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder.glob("*.out")))


@night  # by day running/test_shards.py merges shards
def test_an_array_of_shards_is_one_runs_bytes(environment: dict[str, str], tmp_path: Path) -> None:
    with s3_server() as bucket:
        environment |= bucket | {"SHARDS": "2", "RESULTS": "s3://bucket/results"}
        environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
        done = submit(environment, JOBS / "submit.sh", "tiny.yaml")
        assert done.returncode == 0, done.stderr
        assert f"{CELLS} of {CELLS} cells from 2 folders" in output(tmp_path)
        elsewhere: Any = bucket | {"XDG_CACHE_HOME": str(tmp_path / "another machine")}
        assert f"{CELLS} done" in finish("status", "s3://bucket/results/tiny", **elsewhere)
    (merged,) = (tmp_path / "cache").glob("hpobench/stores/*/tiny")
    assert (merged / "report" / "index.html").is_file()
    assert events(merged) == events(one_run(tmp_path))


@night  # by day running/test_shards.py merges shards
def test_a_missing_shard_is_named_and_run(environment: dict[str, str], tmp_path: Path) -> None:
    environment["SHARDS"] = "2"
    array, merge = JOBS / "array.sbatch", JOBS / "merge.sbatch"
    submit(environment, "sbatch", "--array=2", array, "tiny.yaml")
    submit(environment, "sbatch", merge, "tiny.yaml")
    assert "tiny.shard-1-of-2" in output(tmp_path)
    assert not (tmp_path / "results" / "tiny").exists()
    submit(environment, "sbatch", "--array=1", array, "tiny.yaml")
    parts = sorted((tmp_path / "results").glob("tiny.shard-*"))
    assert f"{CELLS} of {CELLS} cells from 2 folders" in finish("merge", *parts)


def entering(found: Sequence[Machine]) -> str:
    return json.dumps({machine.name: machine.entering for machine in found})


def test_a_job_makes_one_cluster_of_its_nodes_and_survives_one_that_dies(
    environment: dict[str, str], tmp_path: Path
) -> None:
    if reason := lacking():
        pytest.skip(f"waits for a machine with network namespaces: {reason}")
    (tmp_path / "tiny.yaml").write_text(SUITE.replace("seeds: 2", f"seeds: {SEEDS}"))
    command = ["sbatch", str(JOBS / "cluster.sbatch"), "tiny.yaml", "--no-report"]
    with machines(2, tmp_path) as (head, other):
        environment["STAND_IN_MACHINES"] = entering((head, other))
        stdout = subprocess.DEVNULL
        job = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=stdout, text=True)
        try:
            wait_for_results(tmp_path / "results" / "tiny", job)
            other.kill()
            assert job.wait(240) == 0
        finally:
            job.kill()
    told = output(tmp_path)
    assert f"in all {SEEDS * CELLS // 2} done" in told, told
    assert "attempt 3" not in told
    assert events(tmp_path / "results" / "tiny") == events(one_run(tmp_path))


def wait_for_results(folder: Path, job: subprocess.Popen[str]) -> None:
    """Until the run has stored cells."""
    deadline = time.monotonic() + 200
    while not list(folder.glob("cells-*.parquet")):
        assert job.poll() is None, "the job ended before it had results"
        assert time.monotonic() < deadline, "the job stores nothing"
        time.sleep(0.1)
