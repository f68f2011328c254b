"""A resolved suite as text, and the plugin files that it was resolved with.

The files are in a comment: a suite names only files in its own folder, and a resolved one is stored
elsewhere.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hpobench.suites.yamlfile import MAX_BYTES

_NAMED = re.compile(r"^#   --plugin (\".*\")$", re.MULTILINE)


def suite_text(resolved: Mapping[str, Any], plugins: Iterable[str | Path]) -> str:
    """``resolved`` as YAML, under a comment that lists the files of ``plugins``."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = None
    stream = io.StringIO()
    # JSON keeps a file name with a line break within its comment.
    lines = [f"#   --plugin {json.dumps(str(file))}\n" for file in plugins]
    if lines:
        stream.write("".join(["# Give it these plugin files:\n", *lines]))
    yaml.dump(dict(resolved), stream)
    return stream.getvalue()


def in_one_line(value: Any) -> str:
    """A plain ``value`` as YAML on one line."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style, yaml.width = True, MAX_BYTES
    stream = io.StringIO()
    if isinstance(value, list | dict):
        yaml.dump(value, stream)
        return stream.getvalue().strip()
    yaml.dump([value], stream)  # alone, a word would get an end mark
    return stream.getvalue().strip()[1:-1]


def plugins_named(text: str) -> list[str]:
    """The plugin files that the comment of :func:`suite_text` lists, as JSON spells them."""
    return _NAMED.findall(text)
