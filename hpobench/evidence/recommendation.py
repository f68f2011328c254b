"""``hpobench.recommend``: advice by the evidence, for one's own problem."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.cell import Kind
from hpobench.contract.errors import NotAvailableError, UnknownNameError, UsageError, did_you_mean
from hpobench.contract.space import Space
from hpobench.contract.wording import parse_seconds
from hpobench.evidence.advice import Advice, advise, nearest
from hpobench.evidence.advice_text import answer, grounds
from hpobench.evidence.archive import Archive, PluginFacts, read_archive, shipped
from hpobench.evidence.question import Spending, of_space, of_suite
from hpobench.evidence.scores import Algorithm
from hpobench.plugins.building import plugin_ref
from hpobench.plugins.ray_searcher import ray_scheduler
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.portfolios import model_with
from hpobench.suites.resolved import suite_text
from hpobench.suites.suite import Suite, load_suite

if TYPE_CHECKING:
    import pandas as pd

_MOST = 4
"""Algorithms that a suite puts to the test, besides random search."""
_registry = functools.cache(Registry)  # one reads the files of all plugins
Named = str | dict[str, Any]
"""The name of a plugin, or ``{"name": NAME, option: value}``."""


def _changed(kind: Kind, facts: PluginFacts) -> dict[str, Any]:
    """The options that differ from the defaults here."""
    try:
        usual = plugin_ref(_registry(), kind, facts.name, {}).options
    # An archive may name plugins, or their options, that are not known here.
    except (NotAvailableError, UnknownNameError, UsageError):
        usual = {}
    return {key: value for key, value in facts.options.items() if usual.get(key) != value}


def suite_keys(archive: Archive, algorithms: Sequence[Algorithm]) -> dict[str, Any]:
    """The keys of a suite that runs ``algorithms``, which are labels of the archive or names."""

    def entries(kind: Kind, known: Mapping[str, PluginFacts]) -> Iterator[Named]:
        for label in dict.fromkeys(getattr(algorithm, kind) for algorithm in algorithms):
            name = known[label].name if label in known else label
            changed = _changed(kind, known[label]) if label in known else {}
            yield {"name": name, "as": label, **changed} if changed or name != label else label

    return {
        "searchers": [*entries("searcher", archive.searchers)],
        "schedulers": [*entries("scheduler", archive.schedulers)],
        "only": [f"{algorithm.searcher}/{algorithm.scheduler}/*" for algorithm in algorithms],
    }


def ready(archive: Archive, registry: Registry) -> tuple[set[str], set[str]]:
    """The labels of the searchers and of the schedulers that run here without installing more."""

    def labels(kind: Kind, known: Mapping[str, PluginFacts]) -> set[str]:
        names = {entry.name for entry in registry.entries(kind) if entry.ready}
        return {label for label, facts in known.items() if facts.name in names}

    return labels("searcher", archive.searchers), labels("scheduler", archive.schedulers)


@dataclass(frozen=True)
class Recommendation:
    """Which searcher and scheduler to use, and why; printed, it says so in words.

    ``hpobench.SearchCV(estimator, space, searcher=recommendation)`` takes it as it is.
    """

    advice: Advice
    archive: Archive
    suite: Suite | None = None
    """The suite that was asked about."""

    def _chosen(self, kind: Kind) -> PluginFacts:
        plugins: dict[str, PluginFacts] = getattr(self.archive, f"{kind}s")
        return plugins[getattr(self.advice.choice.algorithm, kind)]

    def _named(self, kind: Kind) -> Named:
        facts = self._chosen(kind)
        changed = _changed(kind, facts)
        return {"name": facts.name, **changed} if changed else facts.name

    @property
    def searcher(self) -> Named:
        """The searcher, as ``SearchCV`` takes it: a name, or a mapping with options."""
        return self._named("searcher")

    @property
    def scheduler(self) -> Named:
        """The scheduler, as ``SearchCV`` takes it."""
        return self._named("scheduler")

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each algorithm, the best first: ``searcher``, ``scheduler``, ``regret``
        (expected), ``low`` and ``high`` (between which nine runs of ten lie), ``best`` (the chance
        that none is better), ``thinking`` (seconds of the searcher for a full evaluation) and
        ``told_apart`` (from the first)."""
        import pandas as pd

        return pd.DataFrame([one.row for one in self.advice.ranked])

    @property
    def needs(self) -> str | None:
        """What the searcher needs that is not installed here, and how to get it."""
        name = self._chosen("searcher").name
        try:
            return _registry().find("searcher", name).unmet()
        except UnknownNameError:
            return f"there is no searcher {name} here; it came with a plugin"

    @property
    def portfolio(self) -> str | None:
        """The model whose portfolio a search may start with, by the names of the parameters."""
        found = model_with(self.advice.question.names)
        return found.name if found else None

    def notes(self) -> list[str]:
        """Sentences on what the searcher needs, and on what it may start with."""
        found = [f"It is not at hand: {self.needs}."] if self.needs else []
        if self.portfolio is not None:
            found.append(
                f"Your parameters are those of {self.portfolio}: start with its portfolio, "
                f"configurations that did well on other data (hpobench portfolio {self.portfolio})."
            )
        return found

    def __str__(self) -> str:
        lines = [*answer(self.advice), *self.notes(), *grounds(self.advice), "", *self.to_paste()]
        return "\n".join(lines)

    def to_paste(self) -> list[str]:
        """Lines of Python that use what is recommended."""
        start = ", start='portfolio'" if self.portfolio else ""
        lines = [
            f"hpobench.SearchCV(estimator, space, searcher={self.searcher!r}, "
            f"scheduler={self.scheduler!r}{start})"
        ]
        steps = self.advice.question.features.steps
        searcher, scheduler = self._chosen("searcher"), self._chosen("scheduler")
        rays = ray_scheduler(scheduler.name, scheduler.options, steps)
        if rays is not None:
            options = _changed("searcher", searcher)
            if searcher.name == "bohb" and scheduler.name != "fifo":
                options["max_t"] = steps
            keywords = "".join(f", {key}={value!r}" for key, value in options.items())
            lines += [
                f"tune.TuneConfig(search_alg=hpobench.searcher({searcher.name!r}{keywords}), "
                f"scheduler=tune.schedulers.{rays}, ...)"
            ]
        return lines

    def settling(self) -> str:
        """A suite, as YAML, that would tell apart what the evidence does not: on the problems of
        the suite that was asked about, or else on the most similar ones of the evidence that can
        run here."""
        tied = [one.algorithm for one in self.advice.undecided[:_MOST]]
        algorithms = dict.fromkeys([*tied, Algorithm("random", tied[0].scheduler)])
        changes = {**suite_keys(self.archive, [*algorithms]), "seeds": 10}
        if self.suite is not None:
            whole = {**self.suite.resolved(), **changes}
            return suite_text(whole, self.suite.registry.plugins)
        facts, question = self.archive.problems, self.advice.question
        names = {one.name for one in facts.values()}
        # What an entry misses is looked up on the disk, so only for problems of the archive.
        entries = (entry for entry in _registry().entries("problem") if entry.name in names)
        runs = {entry.name for entry in entries if entry.missing() is None}
        stoppable = question.features.steps > 1
        here = [
            label
            for label, one in facts.items()
            if one.name in runs and (one.features.steps > 1) == stoppable
        ]
        near = nearest(self.archive, question, here) or self.advice.near
        settle = {
            "name": "settle",
            "description": "What the evidence does not tell apart, on similar problems",
            **changes,
            "problems": [
                {"name": facts[one.problem].name, "as": one.problem, **facts[one.problem].options}
                for one in near
            ],
            "workers": question.workers,
            "budget": {"evaluations": round(question.budget, 2)},
        }
        return suite_text(settle, ())


def recommend(
    of: Space | str | Path | Mapping[str, Any],
    *,
    evaluations: float | None = None,
    budget: float | str | None = None,
    trial_time: float | str | None = None,
    workers: int | None = None,
    steps: int | None = None,
    noisy: bool = False,
    problem: str | None = None,
    evidence: str | Path | None = None,
) -> Recommendation:
    """Which searcher and scheduler to use for a problem like yours, by the shipped evidence.

    >>> space = hpobench.Space([hpobench.Float("lr", 1e-4, 1, log=True)])
    >>> advice = hpobench.recommend(space, evaluations=40, workers=4)
    >>> print(advice)
    >>> advice.frame

    ``of``: a :class:`hpobench.Space`, or a suite (a file, its content, or the name of a shipped
    one), of which ``problem`` names one where it has several. ``evaluations``: what may be spent,
    in full evaluations; or ``budget``, the seconds for all trials, with ``trial_time``, those of a
    full evaluation. Both may be text like ``"3h"``. A searcher that thinks for long then reaches
    less in the time. ``steps``: the steps of a trial, if it can be stopped early. ``noisy``:
    whether the reported loss only estimates the one that counts. ``evidence``: an archive instead
    of the shipped one.

    Raises :class:`hpobench.UsageError` for what contradicts itself or is beyond the evidence, and
    :class:`hpobench.StoreError` for an archive that cannot be read.
    """
    spending = Spending(evaluations, _seconds(budget), _seconds(trial_time), workers, noisy, steps)
    archive = read_archive(shipped() if evidence is None else Path(evidence))
    if isinstance(of, Space):
        return Recommendation(advise(archive, of_space(of, spending)), archive)
    suite = load_suite(of)
    questions = dict(of_suite(suite, spending))
    if problem is None and len(questions) > 1:
        raise UsageError(f"the suite has several problems; name one of {', '.join(questions)}")
    label = problem or next(iter(questions))
    if label not in questions:
        raise UsageError(f"the suite has no problem {label!r}{did_you_mean(label, questions)}")
    return Recommendation(advise(archive, questions[label]), archive, suite)


def _seconds(value: float | str | None) -> float | None:
    try:
        return parse_seconds(value) if isinstance(value, str) else value
    except ValueError as error:
        raise UsageError(str(error)) from None
