"""What every verb costs on the worst input that its limits allow, within reason.

``python -m benchmarks.cliffs --verbs [VERB ...]``: each command runs in a process of its own, of
which processor time and peak memory are printed, those of its children included, and what it says
last. It is given up after ``GIVEN_UP_S``. An input just beyond a limit runs, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Collection
from pathlib import Path

import psutil

from benchmarks.made_results import Made
from hpobench.evidence.archive import shipped

GIVEN_UP_S = 180.0
_PR_SET_CHILD_SUBREAPER = 36
STORES = {
    "seeds": Made(seeds=10_000),
    "problems": Made(problems=2_000, seeds=2),
    "algorithms": Made(algorithms=300, problems=3),
    "trials": Made(trials=100_000, seeds=2, steps=1),
}
_ONE = "--searchers random --problems branin --workers 1"
_CSV = "--metric loss --mode min --cost 1"
COMMANDS = f"""
run {_ONE} --seeds 1 --budget trials=20000 --no-report --results {{out}}
run {_ONE} --seeds 1 --budget trials=1000001 --results {{out}}
run {_ONE} --seeds 20000 --budget trials=1 --no-report --results {{out}}
plan {_ONE} --seeds 1000000 --budget trials=1
plan {_ONE} --seeds 1000001 --budget trials=1
plan --searchers random --problems branin --workers 32768 --seeds 1 --budget trials=1
check {{wide}} -o floats=1000 -o choices=10000
list searchers
list compatibility
new suite worst --searchers random --problems branin --budget trials=999999
status {{seeds}}
status {{problems}}
report {{seeds}}
site {{out}}
site {{out}} {{ran}}
export {{trials}} {{out}} --to coco
export {{trials}} {{out}} --to iohprofiler
export {{algorithms}} {{out}} --to latex
paper --checklist --results {{out}}
compare {{seeds}} {{seeds}}
compare {{algorithms}} {{algorithms}}
bisect smoke --searcher optuna-tpe --good 0.0.1 --bad 0.0.2 --results {{out}}
agreement {{agreement}}
portfolio hpobench-mlp --k 25
portfolio hpobench-mlp --k 1000
portfolio hpobench-mlp --evaluate
recommend --trials {{table}} {_CSV} --evaluations 40
recommend --trials {{longer}} {_CSV} --evaluations 40
recommend --evaluate
verify {{seeds}}
verify {{trials}}
verify evidence
evidence make {{ran}} --into {{out}}.parquet
env list
merge {{ran}} {{more}} --into {{out}}
merge evidence {{archive}} --into {{out}}.parquet
problems import {{table}} --out {{out}}.parquet {_CSV}
problems import {{longer}} --out {{out}}.parquet {_CSV}
problems import {{table}} --out {{out}}.parquet {_CSV} --surrogate
problems freeze wide --plugin {{wide}} --sample 200000
data list
data verify
"""
_AGREEMENT = """
{name: agreed, searchers: [random], schedulers: [asha], seeds: 1, workers: 1,
 problems: [{mf-hartmann: {dimension: 3, quality: good, steps: 9}}], budget: {trials: 20}}
"""


def measure_verbs(wanted: Collection[str], folder: Path, wide: str) -> None:
    """Print a row for each command of the ``wanted`` verbs, or of all.
    ``wide``: the text of a plugin whose problem has as many parameters as one likes."""
    inputs = _inputs(folder, wide)
    # What outlives its parent becomes a child of this process, so that all are waited for.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    print(f"{'CPU s':>8} {'peak MB':>8} {'code':>5}  command: what it says last")
    for number, command in enumerate(COMMANDS.strip().splitlines()):
        if wanted and command.split()[0] not in wanted:
            continue
        given = command.format(out=folder / f"out-{number}", **inputs)
        seconds, peak, code, told = _measured(shlex.split(given), folder)
        print(f"{seconds:8.1f} {peak:8,.0f} {code:5}  {command}: {told}", flush=True)


def _inputs(folder: Path, wide: str) -> dict[str, Path]:
    """The files and folders that commands name, made unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {"wide": folder / "wide.py", "agreement": folder / "agreement.yaml"}
    found["wide"].write_text(wide)
    found["agreement"].write_text(_AGREEMENT)
    for name, rows in (("table", 1_000_000), ("longer", 1_000_001)):
        found[name] = folder / f"{name}.csv"
        with found[name].open("w") as file:
            file.write("x,y,loss\n")
            file.writelines(f"{i % 997},{i % 13},{i / rows:.6f}\n" for i in range(rows))
    found["archive"] = folder / "archive.parquet"
    shutil.copy(shipped(), found["archive"])
    for name, seeds in (("ran", "0-9999"), ("more", "10000-19999")):
        found[name] = folder / name / "adhoc"
        if not found[name].exists():
            command = f"run {_ONE} --seeds {seeds} --budget trials=1 --no-report --results {name}"
            _measured(shlex.split(command), folder)
    for name in STORES:
        found[name] = folder / name
        if not found[name].exists():  # elsewhere, for a child's peak begins as its parent's
            make = (name, "--folder", found[name], "--stage", "make")
            subprocess.run([sys.executable, "-m", "benchmarks.cliffs", *make], check=True)
    return found


def _measured(arguments: list[str], folder: Path) -> tuple[float, float, int, str]:
    """Processor seconds, peak MB, exit code and the last words of hpobench with ``arguments``."""
    log = folder / "said.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "hpobench", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    watch = threading.Timer(GIVEN_UP_S, _give_up, (process.pid,))
    watch.start()
    code, seconds, peak = 0, 0.0, 0.0
    with contextlib.suppress(ChildProcessError):  # until there is none left
        while True:
            number, status, usage = os.wait4(-1, 0)
            seconds += usage.ru_utime + usage.ru_stime
            peak = max(peak, usage.ru_maxrss / 1024)
            if number == process.pid:
                code = os.waitstatus_to_exitcode(status)
    watch.cancel()
    lines = log.read_text(errors="replace").split("\n")
    errors = [line for line in lines if line.startswith("error:")]
    told = (errors or [line for line in lines if line.strip()] or [""])[-1]
    return seconds, peak, code, told[:300]


def _give_up(number: int) -> None:
    for process in [*psutil.Process(number).children(recursive=True), psutil.Process(number)]:
        process.kill()
