"""The release of a library where a searcher's behaviour moved, found by halving."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import UsageError
from hpobench.plugins.isolation.environments import Environment
from hpobench.plugins.isolation.releases import (
    RELEASE,
    parse_release,
    release_objection,
    releases_between,
    script_of,
)
from hpobench.plugins.modules import load_class
from hpobench.plugins.starting.suite_keys import with_given
from hpobench.running.plan.experiment import Summary
from hpobench.suites.changes import Changes
from hpobench.suites.grid import Plan, build_plan
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import Source, Suite
from hpobench.verbs.execution import noted, prepare, read_suite, running
from hpobench.verbs.judge import Judge, Verdict
from hpobench.verbs.progress import Display

_LONGEST = 50
"""Characters of a suite's name in that of its bisection."""


@dataclass(frozen=True)
class Probe:
    """What was found of one release."""

    release: str
    verdict: Verdict
    text: str
    """The difference to the good release, or why it could not be tried."""


class Halving:
    """Halves the ``releases`` between a good one, the first, and a bad one, the last."""

    def __init__(self, releases: Sequence[str]) -> None:
        self.releases, self.steps = releases, list[Probe]()
        self.good, self.bad = releases[0], releases[-1]
        """The good release that is nearest to the first bad one that is known, and that one."""

    @property
    def moved(self) -> bool:
        """Whether any release is bad."""
        return self.good != self.bad

    @property
    def nearest(self) -> str:
        """The good release that ``bad`` is compared with: the first where nothing moved."""
        return self.good if self.moved else self.releases[0]

    @property
    def between(self) -> Sequence[str]:
        """The releases between these two."""
        good, bad = map(self.releases.index, (self.good, self.bad))
        return self.releases[good + 1 : bad]

    def next(self) -> str | None:
        """The release to try next, nearest to the middle; ``None`` if none is left."""
        tried = {step.release for step in self.steps}
        middle = (len(self.between) - 1) / 2
        left = [(abs(i - middle), one) for i, one in enumerate(self.between) if one not in tried]
        return min(left)[1] if left else None

    def take(self, step: Probe) -> None:
        """Learn what was found of a release."""
        self.steps.append(step)
        if step.verdict == "good":
            self.good = step.release
        elif step.verdict == "bad":
            self.bad = step.release


@dataclass(frozen=True)
class Bisection:
    """Runs a searcher's cells of a suite release by release, in one results folder."""

    suite: Suite
    """With the searcher alone."""
    library: str
    folder: Path
    judge: Judge
    run_cells: Callable[[Suite, Plan], Summary]
    display: Display

    def find(self, good: str, bad: str) -> Halving:
        """Halve until no release between is left to try.

        What is stored is not run again, so the same call goes on after an interruption. Raises
        :class:`UsageError` if ``good`` or ``bad`` cannot be tried.
        """
        if Version(good) == Version(bad):
            raise UsageError(f"--good and --bad are the same release, {good}")
        first, last = sorted((good, bad), key=Version)
        between = releases_between(self.library, first, last)
        self.display.note(
            f"{self.library}: {len(between)} releases between {first} and {last}, "
            f"at most about {len(between).bit_length()} to try"
        )
        halving = Halving([good, *(between if first == good else between[::-1]), bad])
        # The bad end first: if it is no worse, there is nothing to look for.
        end = self._try(halving, bad)
        if end.verdict == "skipped":
            raise UsageError(f"{self.library} {bad}: {end.text}")
        while (release := halving.next()) is not None:
            self._try(halving, release)
        return halving

    def _try(self, halving: Halving, release: str) -> Probe:
        """Run what is missing of ``release``, compare it with the good one, and say so."""
        good = halving.releases[0]
        tried = [step.release for step in halving.steps if step.verdict != "skipped"]
        ref = self.suite.searchers[0]
        refs = [
            replace(ref, label=self.label(one), given={RELEASE: one, **ref.given})
            # All so far stand in one plan, so that one results folder holds them all.
            for one in (good, *tried, release)
        ]
        place = self.suite.places["searcher", ref.label]
        places = {**self.suite.places, **{("searcher", new.label): place for new in refs}}
        suite = replace(self.suite, searchers=tuple(refs), places=places)
        prepare(suite, self.display)
        if (reason := _missing(suite.searchers[0])) is not None:
            raise UsageError(f"{self.library} {good}: {reason}")
        if (reason := _missing(suite.searchers[-1])) is not None:
            step = Probe(release, "skipped", reason)
        else:
            noted(self.run_cells(suite, build_plan(suite)), self.display)
            step = Probe(release, *self.compared(good, release))
        halving.take(step)
        self.display.note(f"{self.library} {release}: {step.verdict}: {step.text}")
        return step

    def compared(self, one: str, other: str) -> tuple[Verdict, str]:
        """How the runs of release ``other`` compare with those of ``one``."""
        return self.judge(self.folder, self.label(one), self.label(other))

    def sentence(self, found: Halving) -> str:
        """Between which releases the behaviour moved, and how much; or that it did not."""
        good = found.nearest
        _, how = self.compared(good, found.bad)
        searcher, library = self.suite.searchers[0].label, self.library
        no = "" if found.moved else "no "
        what = f"behaves {no}differently" if self.judge.any_change else f"is {no}worse"
        text = f"{searcher} {what} with {library} {found.bad} than with {library} {good}: {how}"
        untried = f"; of the releases between, {', '.join(found.between)} could not be tried"
        return f"{text}{untried if found.between else ''}"

    def command(self, found: Halving) -> str:
        """What shows the difference."""
        base, new = map(self.label, (found.nearest, found.bad))
        return shlex.join(["hpobench", "compare", str(self.folder), "--base", base, "--new", new])

    def label(self, release: str) -> str:
        """What the searcher is called with ``release``."""
        return with_given(self.suite.searchers[0].label, {RELEASE: release})


def _missing(ref: PluginRef) -> str | None:
    """Why a release cannot run here."""
    script = script_of(ref)
    return None if script is None else Environment(script).missing()


def bisect(
    suite: Source,
    searcher: str,
    good: str,
    bad: str,
    *,
    any_change: bool,
    alpha: float,
    tolerance: float,
    display: Display,
    **given: Any,
) -> dict[str, Any]:
    """Find the release between ``good`` and ``bad`` where ``searcher`` moved in ``suite``.

    ``any_change``, ``alpha`` and ``tolerance``: those of a :class:`Judge`. ``given``: those of
    :class:`RunOptions`, of which ``results`` gets a folder with the runs of all releases.

    Returns the facts: whether it ``moved`` and between which releases, a ``sentence`` that says
    so, and the ``command`` that shows the difference. Raises :class:`UsageError` where nothing can
    be told.
    """
    options, judge = RunOptions(**given), Judge(any_change, alpha, tolerance)
    good, bad = (_release(*named) for named in (("--good", good), ("--bad", bad)))
    alone, library = suite_of(suite, searcher, options)
    folder = Path(options.results) / alone.name
    with running(folder, options, display) as run_cells:
        bisection = Bisection(alone, library, folder, judge, run_cells, display)
        found = bisection.find(good, bad)
    return {
        "searcher": alone.searchers[0].label,
        "library": library,
        "moved": found.moved,
        "good": found.nearest,
        "bad": found.bad,
        "untried": list(found.between),
        "steps": [vars(step) for step in found.steps],
        "sentence": bisection.sentence(found),
        "command": bisection.command(found),
    }


def _release(option: str, text: str) -> str:
    try:
        if (release := parse_release(text)) is not None:
            return release
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    raise UsageError(f"{option}: {text!r} is no release")


def suite_of(source: Source, searcher: str, options: RunOptions) -> tuple[Suite, str]:
    """The suite ``source`` with ``searcher`` alone, and the library that this is of.

    ``searcher`` is a label or a name in the suite, or the name of a plugin, which then runs with
    its default options. Raises :class:`UsageError` where the suite has several searchers of that
    name, for one without a library, and for a suite with several numbers of workers.
    """
    suite = read_suite(source, options)
    if len(suite.workers) > 1:
        raise UsageError(
            f"{suite.name}: runs are compared with one number of workers; the suite has several"
        )
    plain = [ref for ref in suite.searchers if RELEASE not in ref.given]
    # A label is exact; a name may be that of several entries with other options.
    found: Sequence[PluginRef] = [ref for ref in plain if ref.label == searcher]
    found = found or [ref for ref in plain if ref.name == searcher]
    if not found:
        suite = read_suite(source, options, Changes({"searchers": [searcher]}))
        found = suite.searchers
    if len(found) > 1:
        labels = ", ".join(ref.label for ref in found)
        raise UsageError(f"--searcher {searcher}: the suite has {labels}; name one of them")
    ref = found[0]
    cls: Any = load_class(ref.file, ref.cls)
    if (reason := release_objection(cls, Path(ref.file))) is not None:
        raise UsageError(f"--searcher {searcher}: {reason}")
    name = f"{suite.name[:_LONGEST]}-bisect"
    return replace(suite, name=name, searchers=(ref,)), cls.library
