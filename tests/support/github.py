"""Runs the shell steps of action.yml on this machine, as a runner of GitHub does."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests import ROOT

SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""The command that `shell: bash` stands for."""


@dataclass(frozen=True)
class Ended:
    """The end of an action."""

    code: int
    log: str
    summary: str
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Runner:
    """A job in ``workspace``, with ``temp`` as the folder for temporary files."""

    workspace: Path
    temp: Path

    def run(self, action: Path, inputs: Mapping[str, str], *, leave_out: str) -> Ended:
        """Run the shell steps of ``action`` up to the first that fails, but for the step
        ``leave_out``. Steps that are actions themselves must have been done before."""
        content = YAML(typ="safe").load(action)
        values = {name: one.get("default", "") for name, one in content["inputs"].items()}
        assert inputs.keys() <= values.keys()
        steps = [step for step in content["runs"]["steps"] if "run" in step]
        assert leave_out in [step["name"] for step in steps]
        log, code = "", 0
        for step in steps:
            if code == 0 and step["name"] != leave_out:
                done = self._step(step, {**values, **inputs})
                code, log = done.returncode, log + done.stdout
        return Ended(code, log, self._file("summary").read_text(), self._outputs())

    def _step(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> Any:
        assert step["shell"] == "bash"
        (script := self.temp / "step.sh").write_text(step["run"])
        variables = {name: _filled(text, inputs) for name, text in step.get("env", {}).items()}
        given = {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self._file("output")),
            "GITHUB_STEP_SUMMARY": str(self._file("summary")),
            "RUNNER_TEMP": str(self.temp),
        }
        return subprocess.run(
            [*SHELL, script],
            cwd=self.workspace / step.get("working-directory", "."),
            env={**os.environ, **given, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _file(self, name: str) -> Path:
        (path := self.temp / name).touch()
        return path

    def _outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._file("output").read_text().splitlines())


def _filled(text: str, inputs: Mapping[str, str]) -> str:
    """``text`` with the values of inputs, the only expressions that steps may have."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], str(text))
