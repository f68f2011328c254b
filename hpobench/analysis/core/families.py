"""The family of each problem: what a claim that looks beyond the suite counts.

Instances of one plugin, and plugins that name the same family, are alike. Many of them are no
more evidence about other problems than a few are.
"""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping

FEWEST = 5
"""Families from which anything is said about others: as few as there must be problems for tests of
ranks."""


def families_of(cells: pd.DataFrame) -> dict[str, str]:
    """The family of each problem in ``cells``: what its class says (which cells keep with their
    provenance), else the name of its plugin.

    Problems whose cells keep neither count as one family: nothing shows that they differ.
    """
    # A cell whose process died may not know the class.
    first = cells.sort_values("status", key=lambda s: s != "done", kind="stable")
    first = first.drop_duplicates("problem").set_index("problem").loc[cells["problem"].unique()]
    return {
        str(problem): _family(spec, provenance)
        for problem, spec, provenance in zip(
            first.index, first["spec"], first["provenance"], strict=True
        )
    }


def _family(spec: object, provenance: object) -> str:
    declared = stored_mapping(provenance).get("family")
    plugin = stored_mapping(spec).get("problem")
    name = plugin.get("name") if isinstance(plugin, dict) else None
    return str(declared or name or "unknown")
