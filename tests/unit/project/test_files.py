"""Files about the project: they fit their schemas and each other, and workflows are safe."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validators
from ruamel.yaml import YAML

from hpobench.contract.package import VERSION
from tests import ROOT

GITHUB = ROOT / ".github"
FILES = {
    "github-workflows": sorted(GITHUB.glob("workflows/*.yml")),
    "github-actions": [ROOT / "action.yml", *sorted(GITHUB.glob("actions/*/action.yml"))],
    "dependabot": [GITHUB / "dependabot.yml"],
    "github-issue-forms": [
        path for path in sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) if path.stem != "config"
    ],
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}


def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def _faults(schema: str, content: Any) -> list[str]:
    """What in ``content`` does not fit the ``schema`` of its reader."""
    packaged = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    rules = json.loads((packaged / f"{schema}.json").read_text())
    return [error.message for error in validators.validator_for(rules)(rules).iter_errors(content)]


@pytest.mark.parametrize("schema", FILES)
def test_files_fit_the_schemas_of_those_who_read_them(schema: str) -> None:
    assert FILES[schema]
    assert not [fault for path in FILES[schema] for fault in _faults(schema, _yaml(path))]


def test_nothing_unsafe_is_found_in_workflows_and_actions() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES["github-workflows"], ids=lambda path: path.stem)
def test_workflows_have_few_rights_and_end(path: Path) -> None:
    workflow = _yaml(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    assert "workflow_call" in workflow["on"] or "concurrency" in workflow


def test_actions_of_others_have_one_release_each() -> None:
    used: dict[str, str] = {}
    for path in (*FILES["github-workflows"], *FILES["github-actions"]):
        for action, release in re.findall(r"uses: ([\w/-]+)@(\S+ # v\S+)$", path.read_text(), re.M):
            assert used.setdefault(action, release) == release
    assert used


def test_the_workflow_gate_passes_on_every_input_of_the_action() -> None:
    action = _yaml(ROOT / "action.yml")["inputs"]
    workflow = _yaml(GITHUB / "workflows" / "gate.yml")
    taken = workflow["on"]["workflow_call"]["inputs"]
    (gate,) = [s for s in workflow["jobs"]["gate"]["steps"] if s.get("id") == "gate"]
    assert gate["with"] == {name: f"${{{{ inputs.{name} }}}}" for name in action}
    defaults = {name: one.get("default") for name, one in action.items()}
    assert {name: one.get("default") for name, one in taken.items()} == defaults | {
        "base": "released",
        "artifact": "",  # of the workflow's own
    }


def test_the_workflows_that_the_documentation_shows_are_workflows_with_known_inputs() -> None:
    page = (ROOT / "docs" / "compare" / "nightly.md").read_text()
    blocks = re.findall(r"^```yaml\n(name:.*?)^```", page, re.M | re.S)
    inputs = set(_yaml(GITHUB / "workflows" / "gate.yml")["on"]["workflow_call"]["inputs"])
    assert len(blocks) == 2
    for workflow in map(YAML(typ="safe").load, blocks):
        assert not _faults("github-workflows", workflow)
        (gate,) = workflow["jobs"].values()
        assert set(gate.get("with") or gate["steps"][0]["with"]) <= inputs


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pattern = project["tool"]["hatch"]["version"]["pattern"]
    source = (ROOT / project["tool"]["hatch"]["version"]["path"]).read_text()
    assert [found["version"] for found in re.finditer(pattern, source)] == [VERSION]
    assert _yaml(ROOT / "CITATION.cff")["version"] == VERSION
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert newest
    assert newest[1] == VERSION


def test_citation_and_package_name_the_same_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = _yaml(ROOT / "CITATION.cff")
    assert citation["repository-code"] == project["urls"]["Repository"]
    assert citation["url"] == project["urls"]["Homepage"]
    assert (citation["license"], citation["title"]) == (project["license"], project["name"])
