"""The files of examples/cluster: that the programs which read them would take them."""

from __future__ import annotations

import re
import shlex
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from hpobench.cli import cli
from hpobench.contract.package import VERSION
from tests import ROOT
from tests.ray.cluster.kuberay import RayJob

FOLDER = ROOT / "examples" / "cluster"
SCRIPTS = sorted((FOLDER / "slurm").iterdir())
RAY = metadata.version("ray")


def loaded(file: str) -> Any:
    return YAML(typ="safe").load((FOLDER / file).read_text())


def steps(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, each with its arguments."""
    lines = re.sub(r"\\\n", " ", dockerfile).splitlines()
    rows = [line for line in lines if line.strip() and not line.startswith("#")]
    return [(row.split()[0], row.split(maxsplit=1)[1]) for row in rows]


def assert_parses(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("", 0)


def assert_is_a_command(text: str) -> None:
    """`hpobench` would take the words of ``text``."""
    _, *words = shlex.split(text)
    with click.Context(cli) as context:
        _, command, rest = cli.resolve_command(context, words)
        assert command is not None
        # What the shell fills in is not known here.
        known = ["1/2" if word.startswith("$") and "/" in word else word for word in rest]
        command.make_context("", [w.replace("$SLURM_CPUS_PER_TASK", "1") for w in known]).close()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_shell(script: Path) -> None:
    assert_parses(script.read_text())


def test_the_rayjob_has_fields_that_kuberay_knows() -> None:
    manifest = loaded("kuberay/rayjob.yaml")
    cluster = RayJob.model_validate(manifest).spec.rayClusterSpec
    assert (cluster.rayVersion, cluster.headGroupSpec.rayStartParams["num-cpus"]) == (RAY, "0")
    manifest["spec"]["backofLimit"] = 3
    with pytest.raises(ValidationError, match="backofLimit"):
        RayJob.model_validate(manifest)
    assert_is_a_command(manifest["spec"]["entrypoint"].replace("BUCKET", "bucket"))


def test_the_image_has_the_versions_of_this_release_and_its_steps_are_commands() -> None:
    found = steps((FOLDER / "kuberay" / "Dockerfile").read_text())
    assert {name for name, _ in found} == {"FROM", "RUN", "ARG", "ENV", "WORKDIR", "COPY"}
    assert found[0] == ("FROM", f"rayproject/ray:{RAY}-py311-cpu")
    runs = [text for name, text in found if name == "RUN"]
    assert f"hpobench[cloud]=={VERSION}" in runs[0]
    for text in runs:
        assert_parses(text)
        for command in re.findall(r"hpobench \w+ \w+ \$\w+", text):
            assert_is_a_command(command.replace("$", ""))


def test_ray_takes_the_cluster_of_spot_nodes() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = loaded("aws/cluster.yaml")
    validate_config(prepare_config(config))
    types = config["available_node_types"]
    assert types["spot"]["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert "InstanceMarketOptions" not in types["head"]["node_config"]
    assert config["docker"]["image"] == f"rayproject/ray:{RAY}-py311-cpu"
    for kind in ("setup", "head_start_ray", "worker_start_ray"):
        for command in config[f"{kind}_commands"]:
            assert_parses(command)
    assert f"hpobench[cloud]=={VERSION}" in config["setup_commands"][0]
    config["max_worker"] = 4
    with pytest.raises(Exception, match="max_worker"):
        validate_config(prepare_config(config))
