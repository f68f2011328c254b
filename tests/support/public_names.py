"""The names that users write into their programs, suites and workflows, which docs/deprecation.md
promises to keep.

    python -m tests.support.public_names

writes them into public_names.json beside this file, as a release does. A test compares.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from ruamel.yaml import YAML

from hpobench.store.format import schema
from hpobench.suites.suitefile import BudgetText, SuiteText
from tests import ROOT
from tests.support.cli_cases import commands

FILE = Path(__file__).with_suffix(".json")
MODULES = ("hpobench", "hpobench.api", "hpobench.kit", "hpobench.testing")


def public_names() -> dict[str, list[str]]:
    """The names by where they are written, sorted."""
    names = {f"from {name}": importlib.import_module(name).__all__ for name in MODULES}
    options = {verb: [word for one in cmd.params for word in one.opts] for verb, cmd in commands()}
    names |= {f"hpobench {verb}": words for verb, words in options.items()}
    names["a suite"] = list(SuiteText.model_fields)
    names["a budget"] = list(BudgetText.model_fields)
    names |= {f"columns of {name}": list(table.names) for name, table in schema.TABLES.items()}
    names["action.yml"] = list(YAML(typ="safe").load(ROOT / "action.yml")["inputs"])
    return {place: sorted(found) for place, found in sorted(names.items())}


if __name__ == "__main__":
    FILE.write_text(json.dumps(public_names(), indent=1) + "\n")
