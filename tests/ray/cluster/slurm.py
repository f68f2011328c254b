"""Stands in for Slurm: `sbatch`, `srun` and `scontrol`, as programs on PATH.

    python slurm.py PROGRAM ARGUMENTS

Jobs run at once and one after the other. A task of `srun` runs on a machine of its own where
STAND_IN_MACHINES says how each is entered. Options that are not known here end with code 2.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

_BATCH = re.compile(r"^#SBATCH +(--[\w-]+)(?:=(\S+))?\s*$", re.MULTILINE)
_FLAGS = ("exclusive", "no-kill", "requeue", "parsable")
_VALUES = (
    *("array", "chdir", "cpus-per-task", "dependency", "job-name", "kill-on-bad-exit", "nodes"),
    *("ntasks", "ntasks-per-node", "open-mode", "output", "time", "wait"),
)


def _options(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options before the command, and the command."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in _FLAGS:
        parser.add_argument(f"--{name}", action="store_true")
    for name in _VALUES:
        parser.add_argument(f"--{name}")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    found = parser.parse_args(arguments)
    return found, found.command


def _machines() -> dict[str, list[str]]:
    """What a command begins with on each machine."""
    found: dict[str, list[str]] = json.loads(os.environ.get("STAND_IN_MACHINES", "{}"))
    return found


def scontrol(arguments: list[str]) -> int:
    show, what, names = arguments
    assert (show, what) == ("show", "hostnames")
    print(names.replace(",", "\n"))
    return 0


def srun(arguments: list[str]) -> int:
    """The command on every machine; the highest code of all tasks."""
    _, command = _options(arguments)
    here = ["env", f"--chdir={Path.cwd()}", "--"]
    tasks = [
        subprocess.Popen(
            [*entering, *here, *command], env={**os.environ, "SLURM_PROCID": str(number)}
        )
        for number, entering in enumerate(_machines().values())
    ]
    return max(abs(task.wait()) for task in tasks)


def sbatch(arguments: list[str]) -> int:
    """Run the job, or every task of the array, unless it waits for a job that was never there."""
    _, (script, *rest) = _options(arguments)
    file = Path(script)
    pairs = _BATCH.findall(file.read_text())
    lines = [f"{name}={value}" if value else name for name, value in pairs]
    options, _ = _options([*lines, *arguments[: len(arguments) - len(rest) - 1]])
    jobs = Path(os.environ["STAND_IN_JOBS"])
    job = 1 + len(list(jobs.iterdir()))
    (jobs / str(job)).touch()
    if options.dependency:
        kind, _, earlier = options.dependency.partition(":")
        assert kind == "afterany"
        assert (jobs / earlier).exists()
    print(job if options.parsable else f"Submitted batch job {job}", flush=True)
    for task in _tasks(options.array):
        output = options.output.replace("%x", options.job_name).replace("%j", str(job))
        output = output.replace("%A", str(job)).replace("%a", task)
        with Path(output).open("a") as stream:
            subprocess.run(
                ["bash", file, *rest],
                env={**os.environ, **_environment(job, task, options)},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
    return 0


def _tasks(array: str | None) -> list[str]:
    """The numbers of an array's tasks, or one that nobody reads."""
    if array is None:
        return [""]
    if found := re.fullmatch(r"(\d+)-(\d+)", array):
        return [str(n) for n in range(int(found[1]), int(found[2]) + 1)]
    return array.split(",")


def _environment(job: int, task: str, options: argparse.Namespace) -> dict[str, str]:
    names = list(_machines())
    found = {
        "SLURM_JOB_ID": str(job),
        "SLURM_CPUS_PER_TASK": os.environ.get("STAND_IN_CPUS", options.cpus_per_task),
        "SLURM_JOB_NODELIST": ",".join(names),
        "SLURM_JOB_NUM_NODES": str(len(names)),
    }
    return found | ({"SLURM_ARRAY_TASK_ID": task} if task else {})


if __name__ == "__main__":
    program = {"sbatch": sbatch, "srun": srun, "scontrol": scontrol}[sys.argv[1]]
    sys.exit(program(sys.argv[2:]))
