"""What was run, where, with which versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.study import Study, Whole, whole_study
from hpobench.analysis.text.fields import Field, Grid
from hpobench.contract.wording import ranges
from hpobench.store.read.reader import Results

TITLE = "Setting"
STEM = "setting"
SHOWS = "What was run, where, and with which versions."
TAB = "setup"

subjects = whole_study


def table(study: Study, _: Whole) -> pd.DataFrame:
    """The :func:`conditions` of all runs."""
    return conditions(study.every)


def conditions(results: Results) -> pd.DataFrame:
    """Facts about the whole suite: columns ``item, value``, values as text."""
    cells = results.cells
    rows = [
        ("Searchers", _distinct(cells["searcher"])),
        ("Schedulers", _distinct(cells["scheduler"])),
        ("Problems", str(cells["problem"].nunique())),
        ("Seeds", f"{cells['seed'].nunique()} ({ranges(cells['seed'].unique().tolist())})"),
        ("Runs", f"{len(cells):,}, of which {(cells['status'] != 'done').sum()} failed"),
        ("Results", f"{len(results.events):,} of {len(results.trials):,} trials"),
        ("Workers of a run", _distinct(cells["workers"])),
        ("Stage", _distinct(cells["stage"])),
        *_provenance(cells),
    ]
    return pd.DataFrame(rows, columns=["item", "value"])


def _provenance(cells: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Whose algorithm each searcher is, with the version that it ran with; and versions, host,
    commit and start over all cells, where values that differ are all listed."""
    used: dict[str, list[str]] = {}
    for searcher, text in cells[["searcher", "provenance"]].drop_duplicates().to_numpy():
        if isinstance(library := stored_mapping(text).get("library"), dict):
            name = f"{library.get('name')} {library.get('version') or ''}".strip()
            used.setdefault(str(searcher), []).append(name)
    if used:
        listed = [f"{k}: {' / '.join(dict.fromkeys(v))}" for k, v in used.items()]
        yield "Libraries", "; ".join(listed)
    found = [stored_mapping(text) for text in cells["provenance"].unique()]
    yield "Versions", _pairs(p.get("versions") for p in found)
    yield "Hardware", _pairs(p.get("host") for p in found)
    yield "Commit", _distinct(p["commit"] for p in found if p.get("commit"))
    if starts := sorted(str(p["started"]) for p in found if p.get("started")):
        yield "Started", starts[0] if len(starts) == 1 else f"{starts[0]} to {starts[-1]}"


def _pairs(found: Iterable[object]) -> str:
    """``key value`` pairs of several dicts; keys sorted, differing values side by side."""
    values: dict[str, list[str]] = {}
    for mapping in found:
        if isinstance(mapping, dict):
            for key, value in mapping.items():
                values.setdefault(str(key), []).append(str(value))
        elif mapping:
            values.setdefault(str(mapping), [])
    return ", ".join(
        f"{k} {' / '.join(dict.fromkeys(v))}".strip() for k, v in sorted(values.items())
    )


def _distinct(values: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(v) for v in values))


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return ""


def grid(table: pd.DataFrame) -> Grid:
    rows = [[Field(item), Field(value)] for item, value in table.itertuples(index=False)]
    return Grid(["Item", "Value"], rows)
