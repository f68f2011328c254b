"""The rules for problems, a function each."""

from __future__ import annotations

import contextlib
import functools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from statistics import median

from hpobench.api import Config, Problem, Reference, Space, TabulatedProblem, TrainedProblem
from hpobench.plugins.building import build_problem
from hpobench.testing import plugin_check as common
from hpobench.testing.plugin_check import Misbehaved, NotApplicable
from hpobench.testing.sentinel import leaves_other_cells_alone

SAMPLE = 50
SEED = 7


@dataclass(frozen=True)
class ProblemSubject(common.PluginSubject):
    @functools.cached_property
    def problem(self) -> Problem:
        return build_problem(self.ref)

    @property
    def tabulated(self) -> TabulatedProblem:
        if not isinstance(self.problem, TabulatedProblem):
            raise NotApplicable("it trains, and has no curves to look up")
        return self.problem

    @property
    def trained(self) -> TrainedProblem:
        if not isinstance(self.problem, TrainedProblem):
            raise NotApplicable("its curves are looked up")
        return self.problem

    def sample(self, count: int) -> list[Config]:
        rng = Random(0)
        return [self.problem.space.sample(rng) for _ in range(count)]

    def exercise(self) -> None:
        if isinstance(self.problem, TabulatedProblem):
            for config in self.sample(10):
                self.problem.curve(config, SEED)


def builds(subject: ProblemSubject) -> str:
    """It is built from its options, as often as asked."""
    _ = subject.problem, build_problem(subject.ref)
    return ", ".join(f"{key}={value}" for key, value in subject.ref.options.items())


def space(subject: ProblemSubject) -> str:
    """Its space holds together, and gets through JSON as it is."""
    found = subject.problem.space
    if not isinstance(found, Space) or not len(found):
        raise Misbehaved(f"its space is {found!r:.100}; make it a Space of at least one parameter")
    for config in subject.sample(SAMPLE):
        found.check(config)
    if Space.from_json(json.loads(json.dumps(found.to_json()))) != found:
        raise Misbehaved("its space is another once it went through JSON; use plain values")
    for name in subject.problem.mutable or ():
        if name not in found.names:
            raise Misbehaved(f"`mutable` names {name!r}, which the space does not have")
    return f"{len(found)} parameters"


def estimate(subject: ProblemSubject) -> str:
    """Its estimate is a cost: positive, and within ten times of the median of a sample."""
    seconds = float(subject.problem.estimate())
    if not (math.isfinite(seconds) and seconds > 0):
        raise Misbehaved(f"estimate() returned {seconds}; seconds are positive")
    if not isinstance(subject.problem, TabulatedProblem):
        return f"{seconds:g} s"
    costs = [sum(subject.problem.curve(config, SEED).costs) for config in subject.sample(SAMPLE)]
    typical = median(costs)
    if not typical / 10 <= seconds <= typical * 10:
        raise Misbehaved(
            f"estimate() returned {seconds:g} s where the median is {typical:g} s; `plan` shows it"
        )
    return f"{seconds:.3g} s, median {typical:.3g} s"


def fingerprint(subject: ProblemSubject) -> None:
    """Its fingerprint is a text, the same for two of a kind."""
    first, second = subject.problem.fingerprint(), build_problem(subject.ref).fingerprint()
    if not isinstance(first, str) or first != second:
        raise Misbehaved(f"fingerprint() returned {first!r:.60} and {second!r:.60}; hash its data")


def reference(subject: ProblemSubject) -> str:
    """Its reference losses say where they are from, and no sampled loss is below the optimum."""
    found: object = subject.problem.reference()
    if found is None:
        return "none: reports measure from the results at hand"
    if not isinstance(found, Reference) or not found.source:
        raise Misbehaved("reference() returned no Reference with a source; say where it is from")
    if not (math.isfinite(found.clip) and found.optimum < found.clip):
        raise Misbehaved(f"its optimum {found.optimum:g} is not below its clip {found.clip:g}")
    text = f"optimum {found.optimum:g}, clip {found.clip:g}"
    if not isinstance(subject.problem, TabulatedProblem):
        return text
    curves = [subject.problem.curve(config, SEED) for config in subject.sample(8 * SAMPLE)]
    finals = [curve.losses if curve.heldout is None else curve.heldout for curve in curves]
    losses = [float(values[-1]) for values in finals]
    # The tolerance is for the rounding of sums.
    if found.known and min(losses) < found.optimum - 1e-9 * max(1.0, abs(found.optimum)):
        raise Misbehaved(f"a loss of {min(losses):g} is below the known optimum {found.optimum:g}")
    return f"{text}, sampled median {median(losses):g}"


def curves(subject: ProblemSubject) -> str:
    """Curves have an entry a step; losses are finite, costs finite and positive."""
    problem, failures = subject.tabulated, 0
    steps = problem.fidelity.steps
    for config in subject.sample(SAMPLE):
        curve = problem.curve(config, SEED)
        for what, entries in curve._asdict().items():
            if entries is not None and len(entries) != steps:
                raise Misbehaved(f"{config} has {len(entries)} {what} for {steps} steps")
            if entries is not None and {type(entry) for entry in entries} != {float}:
                raise Misbehaved(f"{config} has {what} that are no plain floats; use float()")
        if (curve.heldout is not None) != problem.heldout:
            raise Misbehaved(f"heldout is {problem.heldout}, but curves say otherwise")
        if not all(math.isfinite(cost) and cost > 0 for cost in curve.costs):
            raise Misbehaved(f"{config} has costs {list(curve.costs)!r:.100}; seconds are positive")
        failures += not all(map(math.isfinite, (*curve.losses, *(curve.heldout or ()))))
    if failures == SAMPLE:
        raise Misbehaved(f"all of {SAMPLE} random configurations have losses that are not finite")
    return f"{failures} of {SAMPLE} fail"


def curves_repeat(subject: ProblemSubject) -> None:
    """The same configuration and seed give the same curve, whatever was asked before."""
    problem, another = subject.tabulated, build_problem(subject.ref)
    assert isinstance(another, TabulatedProblem)
    configs = subject.sample(10)
    first = [repr(problem.curve(config, SEED)) for config in configs]
    for second in (problem, another):
        again = [repr(second.curve(config, SEED)) for config in reversed(configs)][::-1]
        if again != first:
            raise Misbehaved(
                "a curve is another when it is asked for again; draw noise from (config, seed), "
                "as hpobench.contract.seeding.uniform does"
            )


def training(subject: ProblemSubject) -> str:
    """A trial's first steps give finite losses."""
    problem = subject.trained
    problem.prepare()
    reports = _train(problem, subject.sample(1)[0])
    return f"losses {', '.join(format(report['loss'], 'g') for report in reports)}"


def saved_states(subject: ProblemSubject) -> str:
    """A trial goes on from a saved state as it would have gone on."""
    problem = subject.trained
    if problem.fidelity.steps == 1:
        raise NotApplicable("its trials have one step")
    (config,) = subject.sample(1)
    with contextlib.closing(problem.start(config, SEED)) as trial:
        trial.step()
        if (state := trial.save()) is None:
            raise NotApplicable("save() gives None; paused trials train finished steps again")
        expected = _report(problem, trial.step())
    with contextlib.closing(problem.start(config, SEED)) as continued:
        continued.load(state)
        found = _report(problem, continued.step())
    if not math.isclose(found["loss"], expected["loss"], rel_tol=1e-6):
        raise Misbehaved(
            f"step 2 gives {found['loss']:g} from the saved state, {expected['loss']:g} without; "
            "save generators and optimisers too"
        )
    return f"loss {found['loss']:g} either way"


def training_repeats(subject: ProblemSubject) -> None:
    """The same configuration and seed train to the same losses."""
    (config,) = subject.sample(1)
    first, second = (_train(subject.trained, config) for _ in range(2))
    if first != second:
        raise Misbehaved(f"losses are {first} and {second}; seed all that draws from `seed`")


def _train(problem: TrainedProblem, config: Config) -> list[Mapping[str, float]]:
    """The reports of the first two steps."""
    with contextlib.closing(problem.start(config, SEED)) as trial:
        return [_report(problem, trial.step()) for _ in range(min(2, problem.fidelity.steps))]


def _report(problem: TrainedProblem, report: Mapping[str, float]) -> Mapping[str, float]:
    for name in ("loss", "heldout") if problem.heldout else ("loss",):
        value: object = report.get(name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise Misbehaved(f"a step reports {dict(report)!r:.100}; {name!r} is a finite number")
    return report


CHECKS: tuple[Callable[[ProblemSubject], str | None], ...] = (
    common.description,
    common.options,
    builds,
    space,
    estimate,
    fingerprint,
    reference,
    curves,
    curves_repeat,
    training,
    training_repeats,
    saved_states,
    leaves_other_cells_alone,
)
