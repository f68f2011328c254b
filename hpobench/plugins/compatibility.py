"""Which searchers and schedulers go together on Ray Tune, and what to know about each combination.

Everything follows from class attributes of the plugins; no algorithm is known by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from hpobench.contract.space import Space
from hpobench.plugins.attributes import CONTRACT
from hpobench.plugins.options import is_ray
from hpobench.plugins.registry import Entry, Registry

Level = Literal["ok", "note", "refused"]


@dataclass(frozen=True)
class Compatibility:
    """Whether a searcher runs under a scheduler, and what to know about it.

    A ``refused`` combination would not measure what it claims to measure.
    """

    level: Level
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(self.notes)


@dataclass(frozen=True)
class MatrixField:
    """One field of the compatibility matrix."""

    searcher: str
    scheduler: str
    compatibility: Compatibility


def trait(cls: type, name: str) -> Any:
    """A capability of a plugin class: ``conditional``, ``lookahead``, ``notes``, ...

    A class that derives from Ray's has only the capabilities that it declares: the adapter gives
    it a flat space, and nobody promises that its runs repeat.
    """
    return getattr(cls, name, () if name == "notes" else False)


def compatibility(searcher: type, scheduler: type) -> Compatibility:
    """What to know about running the plugin class ``searcher`` under ``scheduler``."""
    groups = trait(scheduler, "lookahead") or trait(scheduler, "clones")
    limited = any(
        cls.__name__ == "ConcurrencyLimiter" and cls.__module__.startswith("ray.")
        for cls in searcher.__mro__
    )
    if groups and limited:
        return Compatibility("refused", (_LIMITED,))
    if trait(searcher, "schedules_itself") != trait(scheduler, "leaves_scheduling"):
        return Compatibility("refused", (_FUSED if trait(searcher, "schedules_itself") else _OWN,))
    notes = []
    if lookahead := trait(scheduler, "lookahead"):
        notes.append(_LOOKAHEAD.format(n=lookahead))
    if trait(scheduler, "clones"):
        notes += [_POPULATION, _TABLES]
    elif trait(scheduler, "needs_fidelity") and not trait(scheduler, "leaves_scheduling"):
        notes.append(_MULTI_FIDELITY if trait(searcher, "multi_fidelity") else _MIXED)
        if is_ray(searcher):
            notes.append(_HIDDEN)
    notes += trait(scheduler, "notes")
    if not trait(searcher, "deterministic"):
        notes.append(_NONDETERMINISTIC)
    notes += trait(searcher, "notes")
    return Compatibility("note" if notes else "ok", tuple(notes))


def space_objection(searcher: type, space: Space) -> str | None:
    """The reason why the plugin class ``searcher`` cannot search ``space``, by its capabilities."""
    if space.conditional and not trait(searcher, "conditional"):
        return "the space has conditions, which the searcher does not understand"
    return None


def matrix(registry: Registry) -> list[MatrixField]:
    """The compatibility of every searcher with every scheduler, by name.

    A file that the user named is not run: its plugins count by what it says of them.
    """
    schedulers = [(entry.name, _traits(entry)) for entry in registry.entries("scheduler")]
    searchers = [(entry.name, _traits(entry)) for entry in registry.entries("searcher")]
    return [
        MatrixField(name, other, compatibility(searcher, scheduler))
        for name, searcher in searchers
        for other, scheduler in schedulers
    ]


def _traits(entry: Entry) -> type:
    """A class with the capabilities of ``entry``."""
    if entry.origin != "file":
        return entry.load()
    # What reads a class reads this one: the file says the same, unless it computes an attribute.
    bases = () if entry.ray else (CONTRACT[entry.kind],)
    return type(entry.cls, bases, dict(entry.attributes))


_LIMITED = (
    "The searcher limits how many trials are under way, and the scheduler judges groups of "
    "trials: a group that cannot fill takes itself for complete, and every trial runs to the "
    "end. Use the searcher without the limiter; the workers bound what runs."
)
_LOOKAHEAD = (
    "The scheduler weighs running trials against waiting ones, so {n} more than the workers can "
    "run is asked for in advance; the searcher proposes with that many more answers outstanding."
)
_FUSED = (
    "The searcher schedules too: it says how far each trial trains. It runs under 'own', which is "
    "added where a suite leaves it out."
)
_OWN = "The scheduler leaves all to the searcher, which does not schedule."
_MIXED = (
    "The searcher does not tell fidelities apart. By 'tell: last' the last loss of a trial that "
    "is stopped early enters its model as if the trial were complete; 'tell: full' withholds "
    "it, 'tell: every' tells every loss."
)
_MULTI_FIDELITY = (
    "The searcher learns from losses of all fidelities and is told each of them, unless the suite "
    "says 'tell: last' or 'tell: full'."
)
_POPULATION = (
    "The searcher proposes the first configurations of each population, most of them before any "
    "loss is known, and is told a trial's losses as if its configuration had never changed. Once "
    "a population has ended the next begins, as a fresh run of Ray Tune would."
)
_TABLES = (
    "A table cannot carry a parent's weights over: on the virtual stage a clone goes on along its "
    "own configuration's curve, without paying for the steps before. This flatters schedulers "
    "that clone; only the live stage compares them fairly with others."
)
_HIDDEN = (
    "Ray's controller hides the result at which a trial is stopped from its searchers; here it "
    "is handed over when the trial is complete."
)
_NONDETERMINISTIC = (
    "The searcher does not promise the same proposals for the same seed; repeated runs differ."
)


def numbered(fields: Iterable[MatrixField]) -> dict[str, int]:
    """The footnotes of a matrix: the distinct notes in their order, numbered from 1."""
    notes = dict.fromkeys(note for field in fields for note in field.compatibility.notes)
    return {note: number for number, note in enumerate(notes, start=1)}
