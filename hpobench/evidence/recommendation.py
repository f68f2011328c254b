"""``hpobench.recommend``: advice by the evidence, for one's own problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.errors import UnknownNameError, UsageError, did_you_mean
from hpobench.contract.space import Space
from hpobench.contract.wording import parse_seconds
from hpobench.evidence.advice import Advice, advise
from hpobench.evidence.archive import Archive, read_archive, shipped
from hpobench.evidence.asking import Spending, of_space, of_suite
from hpobench.evidence.entries import Named, named, problems_at_hand, split, suite_keys
from hpobench.evidence.nearness import Near, nearest
from hpobench.evidence.scores import Algorithm
from hpobench.evidence.wording import answer, grounds
from hpobench.plugins.ray_searcher import ray_scheduler
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.portfolios import model_with
from hpobench.suites.resolved import suite_text

if TYPE_CHECKING:
    import pandas as pd

    from hpobench.suites.suite import Suite

_MOST = 4
"""Algorithms that a suite puts to the test, besides random search."""
_SEEDS = 10


@dataclass(frozen=True)
class Recommendation:
    """Which searcher and scheduler to use, and why; printed, it says so in words.

    ``hpobench.SearchCV(estimator, space, searcher=recommendation)`` takes it as it is.
    """

    advice: Advice
    archive: Archive
    suite: Suite | None = None
    """The suite that was asked about."""

    @property
    def searcher(self) -> Named:
        """The searcher, as ``SearchCV`` takes it: a name, or a mapping with options."""
        return named("searcher", self.archive.searchers[self.advice.choice.algorithm.searcher])

    @property
    def scheduler(self) -> Named:
        """The scheduler, as ``SearchCV`` takes it."""
        return named("scheduler", self.archive.schedulers[self.advice.choice.algorithm.scheduler])

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
        name = self.archive.searchers[self.advice.choice.algorithm.searcher].name
        try:
            return Registry().find("searcher", name).unmet()
        except UnknownNameError:
            return f"there is no searcher {name} here; it came with a plugin"

    @property
    def portfolio(self) -> str | None:
        """The model whose portfolio a search may start with, by the names of the parameters."""
        found = model_with(self.advice.question.names)
        return found.name if found else None

    def notes(self) -> list[str]:
        """Sentences on what the searcher needs, and on what it may start with."""
        needs = [f"It is not at hand: {self.needs}."] if self.needs else []
        if self.portfolio is None:
            return needs
        return [
            *needs,
            f"Your parameters are those of {self.portfolio}: start with its portfolio, "
            f"configurations that did well on other data (hpobench portfolio {self.portfolio}).",
        ]

    def __str__(self) -> str:
        lines = [*answer(self.advice), *self.notes(), *grounds(self.advice), "", *self.to_paste()]
        return "\n".join(lines)

    def to_paste(self) -> list[str]:
        """Lines of Python that use what is recommended."""
        searcher, scheduler = self.searcher, self.scheduler
        start = ", start='portfolio'" if self.portfolio else ""
        lines = [
            f"hpobench.SearchCV(estimator, space, searcher={searcher!r}, scheduler={scheduler!r}"
            f"{start})"
        ]
        steps = self.advice.question.features.steps
        facts = self.archive.schedulers[self.advice.choice.algorithm.scheduler]
        if (rays := ray_scheduler(facts.name, facts.options, steps)) is not None:
            name, options = split(searcher)
            if facts.name != "fifo":
                options = {**options, "max_t": steps} if name == "bohb" else options
            keywords = "".join(f", {key}={value!r}" for key, value in options.items())
            lines += [
                f"tune.TuneConfig(search_alg=hpobench.searcher({name!r}{keywords}), "
                f"scheduler=tune.schedulers.{rays}, ...)"
            ]
        return lines

    def settling(self) -> str:
        """A suite, as YAML, that would tell apart what the evidence does not: on the problems of
        the suite that was asked about, or else on the most similar ones of the evidence that can
        run here."""
        tied = [one.algorithm for one in self.advice.undecided[:_MOST]]
        algorithms = dict.fromkeys([*tied, Algorithm("random", tied[0].scheduler)])
        changes = {**suite_keys(self.archive, [*algorithms]), "seeds": _SEEDS}
        if self.suite is not None:
            whole = {**self.suite.resolved(), **changes}
            return suite_text(whole, self.suite.registry.plugins)
        facts, question = self.archive.problems, self.advice.question
        problems = [
            {"name": facts[one.problem].name, "as": one.problem, **facts[one.problem].options}
            for one in self._near_at_hand()
        ]
        return suite_text(
            {
                "name": "settle",
                "description": "What the evidence does not tell apart, on similar problems",
                **changes,
                "problems": problems,
                "workers": question.workers,
                "budget": {"evaluations": round(question.budget, 2)},
            },
            (),
        )

    def _near_at_hand(self) -> tuple[Near, ...]:
        """The most similar problems that can run here; where none can, all that are similar."""
        question, facts = self.advice.question, self.archive.problems
        stoppable = question.features.steps > 1
        here = [
            name
            for name in problems_at_hand(self.archive, Registry())
            if (facts[name].features.steps > 1) == stoppable
        ]
        return nearest(self.archive, question, here) or self.advice.near


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
    from hpobench.suites.suite import load_suite

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
