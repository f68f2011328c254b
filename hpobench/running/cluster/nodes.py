"""What every node of a cluster must have before cells run there."""

from __future__ import annotations

import contextlib
from typing import Any

from hpobench.contract.errors import RayError
from hpobench.contract.package import VERSION

_DISTRIBUTION = "hpobench"
_ANSWER_S = 30.0
"""How long a node may take to start a process and answer. A busy one is not waited for."""


def check_nodes(ray: Any) -> None:
    """Raise :class:`RayError` if a node of the cluster has another hpobench than this one, or none:
    all cells would fail there, or be those of another version."""
    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    remote = ray.remote(num_cpus=0, max_retries=0)(_asking(_DISTRIBUTION))
    asked = {
        remote.options(scheduling_strategy=affinity(node["NodeID"], soft=True)).remote(): node
        for node in ray.nodes()
        if node["Alive"]
    }
    answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=_ANSWER_S)
    for reference in answered:
        with contextlib.suppress(ray.exceptions.RayError):  # the node has died, or is no use
            if (found := ray.get(reference)) != VERSION:
                raise RayError(_unlike(asked[reference]["NodeManagerAddress"], found))


def _asking(distribution: str) -> Any:
    def version() -> str | None:
        from importlib import metadata

        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            return None

    # Ray sends a function within a function whole, so that it runs where there is no hpobench.
    return version


def _unlike(address: str, found: str | None) -> str:
    has = f"hpobench {found}" if found else "no hpobench in the Python of its Ray"
    return (
        f"the node {address} of the Ray cluster has {has}, and this is hpobench {VERSION}; install "
        f"hpobench=={VERSION} on every node"
    )
