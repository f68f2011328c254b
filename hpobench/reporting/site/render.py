"""Pages from templates, and data that a page's script reads."""

from __future__ import annotations

import functools
import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from hpobench.contract.files import read_whole
from hpobench.contract.package import VERSION
from hpobench.contract.wording import measured
from hpobench.evidence.scores import FloatArray
from hpobench.reporting import vega
from hpobench.reporting.site.source import SiteSource

STYLES_AND_SCRIPTS = "assets"
SCALE = 100_000


@functools.cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hpobench.reporting.site"),
        autoescape=True,  # labels come from users
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = measured
    return environment


def page(
    source: SiteSource, path: str, template: str, title: str, **shown: Any
) -> tuple[str, bytes]:
    """The page at ``path`` among those of ``source``: where it lies in the site, and its bytes."""
    whole = f"{source.folder}{path}"
    text = (
        _environment()
        .get_template(template)
        .render(
            title=title,
            source=source,
            root=_up(path),
            top=_up(whole),
            version=VERSION,
            **shown,
        )
    )
    return whole, text.encode()


def _up(path: str) -> str:
    """From the page at ``path`` to the folder that it is relative to."""
    return "../" * (len(PurePosixPath(path).parts) - 1)


def data(source: SiteSource, name: str, value: Any) -> tuple[str, bytes]:
    """``value`` as a script, since a page that is opened from a disk may load nothing else.

    The page's script finds it by ``name``. It is text to the browser whatever its labels hold.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return f"{source.folder}data/{name}.js", f'hpobench.put("{name}",{text});\n'.encode()


def whole(values: FloatArray) -> Any:
    """Regrets as whole numbers of 1 / :data:`SCALE`, in nested lists; ``None`` for NaN."""
    rounded = np.rint(values * SCALE)
    known = np.isfinite(rounded)
    found = np.full(rounded.shape, None, dtype=object)
    found[known] = rounded[known].astype(np.int64)
    return found.tolist()


def assets() -> dict[str, bytes]:
    """The style and the scripts of all pages, by where they lie in the site."""
    here = Path(__file__).parent
    shared = [here.parent / "templates" / name for name in ("tables.js", "theme.js")]
    own = (here / STYLES_AND_SCRIPTS).iterdir()
    files = [*shared, *(file for file in own if file.name.endswith((".css", ".js")))]
    found = {file.name: read_whole(file) for file in files} | {"vega.js": vega.script()}
    return {f"{STYLES_AND_SCRIPTS}/{name}": found[name] for name in sorted(found)}
