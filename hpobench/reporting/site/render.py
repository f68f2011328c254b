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
from hpobench.reporting.site.site_source import SiteSource

SCALE = 100_000  # core.js divides by the same


@functools.cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hpobench.reporting.site"),
        autoescape=True,  # labels come from users
        undefined=StrictUndefined,  # a misspelt name is an error, and no gap on the page
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
    # The ways up to the folder of the source, and to that of the site.
    root, top = ("../" * (len(PurePosixPath(one).parts) - 1) for one in (path, whole))
    known = {"title": title, "source": source, "root": root, "top": top, "version": VERSION}
    text = _environment().get_template(template).render({**known, **shown})
    return whole, text.encode()


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
    own = [file for file in (here / "assets").iterdir() if file.suffix in (".css", ".js")]
    found = {file.name: read_whole(file) for file in (*shared, *own)}
    found["vega.js"] = vega.script()
    return {f"assets/{name}": found[name] for name in sorted(found)}
