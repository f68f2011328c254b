"""The archive of evidence: a sealed parquet file with one row for each run.

Of a run it keeps what advice needs and what shows that the run can be repeated, some 100 bytes in
all. The facts about problems and plugins stand once, as JSON in the metadata of the table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hpobench.contract.errors import StoreError, UnknownNameError, UsageError, indented
from hpobench.contract.files import is_there, read_whole
from hpobench.evidence.features import Features
from hpobench.plugins.registry import shipped_suites
from hpobench.store.format import disk, schema, seal

VERSION = 1
"""Goes up when a column changes its meaning."""
BUDGETS: NDArray[np.float64] = np.geomspace(1.0, 100.0, 30)
"""The budgets, in full evaluations, at which incumbents are kept."""
LEVELS = 50_000
"""A normalised regret is stored as a whole number from 0 to this, which keeps five digits."""
UNKNOWN = 2**16 - 1
"""Stands for the regret at a budget that the run did not reach."""
_KEY = b"hpobench_evidence"

_label = pa.dictionary(pa.int16(), pa.string())
_regrets = pa.list_(pa.uint16(), len(BUDGETS))
RUNS = pa.schema(
    {
        "searcher": _label,
        "scheduler": _label,
        "problem": _label,
        "seed": pa.int32(),
        "workers": pa.int16(),
        "cell": pa.binary(6),  # the hash at the end of the cell's id
        "done": pa.bool_(),  # whether it ended well; otherwise it counts as the clip value
        "trials": pa.int32(),
        "results": pa.int32(),
        "thinking": pa.float32(),  # wall seconds of the searcher for each trial
        "regret": _regrets,  # of the incumbent at each budget, on held-out losses where there are
        "visible": _regrets,  # on the losses it was chosen by; null where they are the same
        "content": pa.binary(8),  # a hash of its events and trials, by which it can be verified
    }
)
_PLAIN = schema.plain(RUNS)
KEYS = ("searcher", "scheduler", "problem", "seed", "workers")
"""The columns that tell runs apart, in the order in which runs are sorted."""
RESULT = ("content", "done", "trials", "results", "regret", "visible")
"""The columns that come out the same whenever and wherever a run is repeated."""


class NoArchiveError(StoreError):
    """The file is not an archive of evidence, is damaged, or has another version."""

    exit_code = 2


@dataclass(frozen=True)
class ProblemFacts:
    """What the archive says about a problem."""

    family: str
    features: Features
    heldout: bool
    reference: int
    """The version of the reference losses that its regrets are measured by."""
    name: str
    """The name of its plugin."""
    options: dict[str, Any]
    """All options, defaults included."""


@dataclass(frozen=True)
class PluginFacts:
    """What the archive says about a searcher or a scheduler."""

    name: str
    options: dict[str, Any]
    """All options, defaults included."""
    library: str
    """The name and version of its library; empty for what comes with hpobench."""


@dataclass(frozen=True)
class Archive:
    """Runs, sorted by :data:`KEYS`, and the facts about their problems and plugins by label."""

    runs: pa.Table
    problems: dict[str, ProblemFacts]
    searchers: dict[str, PluginFacts]
    schedulers: dict[str, PluginFacts]

    @property
    def summary(self) -> str:
        """How much it holds, in words."""
        families = {facts.family for facts in self.problems.values()}
        return (
            f"{len(self.runs):,} runs of {len(self.searchers)} searchers on "
            f"{len(self.problems)} problems of {len(families)} families"
        )

    def to_bytes(self) -> bytes:
        """The content of the file. The same archive gives the same bytes."""
        about: dict[str, Any] = {"version": VERSION}
        for kind in ("problems", "searchers", "schedulers"):
            about[kind] = {name: asdict(facts) for name, facts in getattr(self, kind).items()}
        metadata = {_KEY: json.dumps(about, sort_keys=True), seal.KEY: seal.BLANK}
        sink = pa.BufferOutputStream()
        pq.write_table(
            ordered(self.runs).replace_schema_metadata(metadata),
            sink,
            compression="zstd",
            compression_level=19,  # 6 % smaller than with 3, for less than a second
            row_group_size=2**20,
        )
        return seal.sealed(bytes(sink.getvalue()))

    def write(self, path: Path) -> None:
        disk.replace(path, self.to_bytes())


def regrets_of(runs: pa.Table, column: str = "regret") -> NDArray[np.float64]:
    """The normalised regrets of some ``runs``, of shape (runs, budgets); NaN where not known."""
    values = runs[column].combine_chunks()
    flat = values.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    found = np.full((len(values), len(BUDGETS)), np.nan)
    # Flattening skips the rows that are null.
    found[values.is_valid().to_numpy(zero_copy_only=False)] = flat.reshape(-1, len(BUDGETS))
    found[found == UNKNOWN] = np.nan
    return found / LEVELS


def quantised(regrets: NDArray[np.float64]) -> pa.Array:
    """``regrets`` of shape (runs, budgets) as the archive stores them."""
    whole = np.where(np.isnan(regrets), UNKNOWN, np.rint(regrets * LEVELS)).astype(np.uint16)
    return pa.FixedSizeListArray.from_arrays(pa.array(whole.ravel()), len(BUDGETS))


def hash_of(cell: str) -> bytes:
    """The hash at the end of the id ``cell``, as the archive stores it."""
    return bytes.fromhex(cell.rpartition("-")[2])


def shipped() -> Path:
    """The archive that comes with hpobench."""
    return Path(__file__).parent / "evidence.parquet"


def evidence_suites(chosen: Sequence[str] = ()) -> list[str]:
    """The shipped suites whose runs the evidence is made of: ``evidence``, which the others extend,
    ``evidence-workers`` and so on, or the ``chosen`` ones of them.

    Raises :class:`UnknownNameError` for a name that is none of them.
    """
    names = [name for name in sorted(shipped_suites()) if f"{name}-".startswith("evidence-")]
    for name in chosen:
        if name not in names:
            raise UnknownNameError("suite of the evidence", name, names)
    return [name for name in names if not chosen or name in chosen]


def ordered(runs: pa.Table) -> pa.Table:
    """``runs`` sorted by :data:`KEYS`. Labels may be given as plain strings."""
    # Labels are encoded again in sorted order, so that the file's bytes depend on the runs alone.
    runs = runs.cast(_PLAIN)
    order = pc.sort_indices(runs, sort_keys=[(name, "ascending") for name in KEYS])
    runs = runs.take(order).combine_chunks()
    columns = [
        runs[field.name].dictionary_encode().cast(field.type)
        if pa.types.is_dictionary(field.type)
        else runs[field.name]
        for field in RUNS
    ]
    return pa.Table.from_arrays(columns, schema=RUNS)


def joined(archives: Sequence[Archive]) -> Archive:
    """The runs of all ``archives``. Of runs with the same :data:`KEYS`, which differ in the
    versions of programs, the last archive's is taken.

    Raises :class:`UsageError` if a cell has different contents, if a problem is described in
    different ways, for instance with other references, or if a label means different plugins.
    """
    runs = pa.concat_tables([archive.runs.cast(_PLAIN) for archive in archives])
    whole = Archive(runs, {}, {}, {})
    for archive in archives:
        for name, facts in archive.problems.items():
            if whole.problems.setdefault(name, facts) != facts:
                raise UsageError(
                    f"{name}: the archives describe this problem in different ways, for instance "
                    "with other references; make them with the same version of hpobench"
                )
        for kind in ("searchers", "schedulers"):
            known = getattr(whole, kind)
            for label, plugin in getattr(archive, kind).items():
                before = known.get(label, plugin)
                if (before.name, before.options) != (plugin.name, plugin.options):
                    raise UsageError(
                        f"{label}: the archives mean different things by this label: {before.name} "
                        f"with {before.options} and {plugin.name} with {plugin.options}"
                    )
                known[label] = plugin
    return replace(whole, runs=ordered(runs.take(pa.array(_latest(runs)))))


def _latest(runs: pa.Table) -> list[int]:
    """The last row of each run; raises :class:`UsageError` for cells with several contents."""
    rows: dict[tuple[Any, ...], int] = {}
    contents: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    conflicts = []
    columns = [runs[name].to_pylist() for name in (*KEYS, "cell", *RESULT)]
    for row, values in enumerate(zip(*columns, strict=True)):
        key, cell, found = values[: len(KEYS)], values[len(KEYS)], values[len(KEYS) + 1 :]
        rows[key] = row
        if contents.setdefault((*key, cell), found) != found:
            conflicts.append("/".join(map(str, key)))
    if conflicts:
        raise UsageError(
            f"the archives hold different results of the same cells ({len(conflicts):,}), so "
            f"nothing was joined:\n{indented(sorted(conflicts))}\n"
            "`hpobench verify FILE --sample N` shows which archive repeats"
        )
    return [*rows.values()]


def read_archive(path: Path) -> Archive:
    """The archive at ``path``.

    Raises :class:`NoArchiveError` if there is none, if it is damaged, or of another version.
    """
    if not is_there(path):
        raise NoArchiveError(f"{path}: there is no archive of evidence")
    with disk.explained(path):
        data = read_whole(path)
    if not (seal.is_sealed(data) and seal.intact(data)):
        raise NoArchiveError(
            f"{path}: is no archive of evidence, or is damaged: its bytes are not those that were "
            "written; copy it again from its source"
        )
    try:
        table = pq.read_table(pa.BufferReader(data))
        table.validate(full=True)
        about = json.loads((table.schema.metadata or {})[_KEY])
        version = about["version"]
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise NoArchiveError(f"{path}: is no archive of evidence ({reason})") from error
    if version != VERSION:
        raise NoArchiveError(
            f"{path}: has version {version!r:.20}, and this hpobench reads version {VERSION}; use "
            "the hpobench that wrote it"
        )
    return _checked(path, table, about)


def _checked(path: Path, table: pa.Table, about: dict[str, Any]) -> Archive:
    if not table.schema.equals(RUNS):
        raise NoArchiveError(f"{path}: the columns of its runs are not those of an archive")
    if fault := _fault(table):
        raise NoArchiveError(f"{path}: is no archive of evidence: {fault}")
    from pydantic import TypeAdapter, ValidationError

    try:
        problems = TypeAdapter(dict[str, ProblemFacts]).validate_python(about["problems"])
        plugins = TypeAdapter(dict[str, PluginFacts])
        found = (plugins.validate_python(about[kind]) for kind in ("searchers", "schedulers"))
        archive = Archive(table, problems, *found)
    except (LookupError, ValidationError) as error:
        raise NoArchiveError(f"{path}: its facts cannot be read ({error})") from error
    for name, facts in sorted(problems.items()):
        one = facts.features
        if min(vars(one).values()) < 0 or not one.dimensions or not one.steps:
            raise NoArchiveError(f"{path}: problem {name[:100]} has impossible features")
    for kind in ("problem", "searcher", "scheduler"):
        if missing := set(table[kind].unique().to_pylist()) - set(getattr(archive, f"{kind}s")):
            raise NoArchiveError(f"{path}: says nothing of {kind} {min(missing)[:100]}")
    return archive


def _fault(runs: pa.Table) -> str | None:
    """What is wrong with the values of ``runs``; ``None`` if nothing is."""
    # The seal only finds accidents: a stranger may have sealed impossible values.
    for name in RUNS.names:
        if name != "visible" and runs[name].null_count:
            return f"{name} is missing in a run"
    for name in ("regret", "visible"):
        values = runs[name].combine_chunks().flatten()
        if values.null_count or ((flat := values.to_numpy()) > LEVELS)[flat != UNKNOWN].any():
            return f"{name} is not between 0 and 1 in a run"
    if pc.any(pc.or_(pc.less(runs["seed"], 0), pc.less(runs["workers"], 1))).as_py():
        return "a run has an impossible seed or number of workers"
    labels = runs.select(list(KEYS)).cast(pa.schema([_PLAIN.field(name) for name in KEYS]))
    if len(labels.group_by(list(KEYS)).aggregate([])) < len(runs):
        return "it has a run twice"
    return None
