"""The rules for searchers, a function each."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
from collections.abc import Callable, Generator
from statistics import median

from hpobench.api import Config, Exhausted, NothingYet, Space
from hpobench.contract.cell import PluginRef
from hpobench.plugins.building import build_searcher
from hpobench.testing import driving
from hpobench.testing import plugin_check as common
from hpobench.testing.driving import OBSERVATIONS, SPACES, SearcherSubject, on_space
from hpobench.testing.plugin_check import Misbehaved, NotApplicable, fresh_process
from hpobench.testing.sentinel import leaves_other_cells_alone

FEW_TRIALS = 12
PENDING = 4
UNCLAIMED = "it does not claim to be deterministic"
LEAK = 1 << 20  # bytes a trial; a cell of a thousand trials would leave a gigabyte behind

_HASHES = """
import json, sys
from hpobench.contract.cell import PluginRef
from hpobench.testing.searcher_rules import in_turn
print(json.dumps(in_turn(PluginRef.from_text(sys.argv[1]), int(sys.argv[2]))))
"""


def proposals(subject: SearcherSubject) -> str:
    """Proposals are valid, complete and in order, on spaces without conditions."""
    plain = {n: s for n, s in subject.spaces.items() if not s.conditional}
    for name, space in plain.items():
        with on_space(name):
            subject.drive(space, 3, ("completed",))
    return f"{subject.trials} trials each on {', '.join(plain)}"


def conditions(subject: SearcherSubject) -> None:
    """The same where parameters are active only under conditions."""
    if not subject.conditional:
        raise NotApplicable("it does not take them, and is spared such problems")
    subject.drive(SPACES["conditional"], 3, ("completed",))


def exhaustion(subject: SearcherSubject) -> str:
    """Once it says Exhausted, it stays exhausted."""
    ends = []
    for name, history in subject.histories.items():
        if len(json.loads(history)) == subject.trials:
            continue
        space = subject.spaces[name]
        with subject.building(space, 0) as searcher:
            asked = len(driving.drive(searcher, space, subject.trials))
            for _ in range(2):
                with contextlib.suppress(Exhausted), on_space(name):
                    config = driving.ask(searcher, space, asked)
                    raise Misbehaved(f"after Exhausted it returned {config}")
        ends.append(f"on the {name} space after {asked} trials")
    if not ends:
        raise NotApplicable(f"it proposes {subject.trials} trials and more everywhere")
    return ", ".join(ends)


def pending(subject: SearcherSubject) -> str:
    """Trials under way are not proposed again, where the space has more to offer."""
    counted, doubled = [], []
    for name, space in subject.spaces.items():
        asked: list[str] = []
        with subject.building(space, 0) as searcher:
            done = len(driving.propose_in_turn(searcher, space, min(FEW_TRIALS, subject.trials)))
            with contextlib.suppress(Exhausted, NothingYet):
                for trial in range(done, done + PENDING):
                    asked.append(json.dumps(driving.ask(searcher, space, trial)))
                    driving.steps_of(searcher, trial)
        repeated = len(asked) - len(set(asked))
        counted.append(f"{name} {repeated}")
        if repeated and any(p.size == float("inf") for p in space if p.when is None):
            doubled.append(name)
    counts = f"repeated among {PENDING} under way: {', '.join(counted)}"
    if doubled and subject.claims("parallel"):
        raise Misbehaved(
            f"{counts}; take account of trials whose results are not told yet, or set "
            "`parallel = False`"
        )
    return counts


def anything(subject: SearcherSubject) -> None:
    """Four trials at once that complete, diverge, fail, are dropped, paused and resumed."""
    _ = subject.histories


def repeatable(subject: SearcherSubject) -> None:
    """All of that again with the same seed gives the same proposals."""
    if not subject.claims("deterministic"):
        raise NotApplicable(UNCLAIMED)
    for name, space in subject.spaces.items():
        first, second = subject.histories[name], subject.drive(space, 0)
        if first != second:
            raise Misbehaved(
                f"on the {name} space: {_difference(first, second)} with the same seed; draw from "
                "a generator made of `seed` alone, keep nothing between runs, or set "
                "`deterministic = False`"
            )


def seeds(subject: SearcherSubject) -> None:
    """Seed 1 gives other proposals than seed 0, which is a seed like any other."""
    for name, space in subject.spaces.items():
        if subject.drive(space, 1) == subject.histories[name]:
            raise Misbehaved(
                f"on the {name} space: seeds 0 and 1 give the same proposals; use `seed`, and "
                "mind that `if seed:` takes 0 for none"
            )


def warm_process(subject: SearcherSubject) -> None:
    """A process that has served other runs gives the same run as a fresh one."""
    from hpobench.plugins.isolation.remote import end_warm

    if subject.entry.script is None:
        raise NotApplicable("it runs in the harness's own process")
    if not subject.claims("deterministic"):
        raise NotApplicable(UNCLAIMED)
    # All histories come from one process; the run before this one was on another space.
    warm = subject.histories["mixed"]
    end_warm()
    if warm != (fresh := subject.drive(SPACES["mixed"], 0)):
        raise Misbehaved(
            f"{_difference(fresh, warm)} in a process that served others; `preload` must leave no "
            "state"
        )


def string_hashes(subject: SearcherSubject) -> None:
    """Proposals are the same in a process in which strings hash otherwise."""
    if subject.entry.script is not None:
        raise NotApplicable("its process has a fixed PYTHONHASHSEED")
    if not subject.claims("deterministic"):
        raise NotApplicable(UNCLAIMED)
    trials = min(FEW_TRIALS, subject.trials)
    other = str(int(os.environ.get("PYTHONHASHSEED") == "1") + 1)
    text = subject.ref.to_text()
    done = fresh_process(_HASHES, text, str(trials), PYTHONHASHSEED=other)
    output = done.stderr if done.returncode else done.stdout
    *_, there = output.strip().splitlines() or [""]
    if done.returncode:
        raise Misbehaved(f"in a process of its own: {there}")
    here = json.dumps(in_turn(subject.ref, trials))
    if here != there:
        raise Misbehaved(
            f"{_difference(here, there)} in another process; do not iterate over sets, nor use "
            "hash()"
        )


def in_turn(ref: PluginRef, trials: int) -> list[Config]:
    """Proposals of a new searcher, one trial at a time."""
    space = SPACES["mixed"]
    with contextlib.closing(build_searcher(ref, space, 0, driving.FIDELITY)) as searcher:
        return driving.propose_in_turn(searcher, space, trials)


def global_generators(subject: SearcherSubject) -> None:
    """The generators of random, NumPy and torch are left as they were."""
    if subject.entry.script is not None:
        raise NotApplicable("it has a process of its own")
    if subject.entry.ray:
        raise NotApplicable("Ray's own kind draws from them, and cells put them back")
    before = _global_states()
    subject.drive(SPACES["mixed"], 0)
    after = _global_states()
    if moved := [name for name, state in before.items() if state != after[name]]:
        raise Misbehaved(
            f"it moved the global generator of {', '.join(moved)}; make one of your own, like "
            "random.Random(seed) or numpy.random.default_rng(seed)"
        )


def _global_states() -> dict[str, str]:
    import numpy.random as legacy

    states = {"random": repr(random.getstate()), "numpy": repr(legacy.get_state())}  # noqa: NPY002
    if (torch := sys.modules.get("torch")) is not None:
        states["torch"] = repr(torch.get_rng_state().tolist())
    return states


def _difference(first: str, second: str) -> str:
    """Where two histories begin to differ."""
    one, two = json.loads(first), json.loads(second)
    for trial, (a, b) in enumerate(zip(one, two, strict=False)):
        if json.dumps(a) != json.dumps(b):
            return f"trial {trial} is {b} instead of {a}"
    return f"{len(two)} trials instead of {len(one)}"


def diverged(subject: SearcherSubject) -> None:
    """Some trials end with a loss of 1e30."""
    subject.drive(SPACES["mixed"], 0, ("completed", "diverged"))


def some_fail(subject: SearcherSubject) -> None:
    """Some trials fail."""
    subject.drive(SPACES["mixed"], 0, ("completed", "failed"))


def all_fail(subject: SearcherSubject) -> None:
    """Every trial fails."""
    _one_by_one(subject, 5, None)


def early_ends(subject: SearcherSubject) -> None:
    """Some trials are dropped, some paused and resumed."""
    subject.drive(SPACES["mixed"], 0, ("completed", "dropped", "paused"))


def equal_losses(subject: SearcherSubject) -> None:
    """Every trial ends with the same loss."""
    _one_by_one(subject, 4, 1.0)


def _one_by_one(subject: SearcherSubject, seed: int, loss: float | None) -> None:
    trials = min(FEW_TRIALS, subject.trials)
    for name, space in subject.spaces.items():
        with on_space(name), subject.building(space, seed) as searcher:
            list(driving.one_by_one(searcher, space, trials, lambda _: loss))


def adoption(subject: SearcherSubject) -> str:
    """What it adopts is learnt from like what it proposed."""
    with subject.building(SPACES["continuous"], 0) as searcher:
        (config,) = _chosen(SPACES["continuous"], 1)
        if not driving.call("adopt(0)", searcher.adopt, 0, config):
            raise NotApplicable("it does not learn from what others chose")
    for name, space in subject.spaces.items():
        given = _chosen(space, min(FEW_TRIALS, subject.trials))
        with on_space(name), subject.building(space, 0) as searcher:
            driving.drive(searcher, space, len(given) + 2, given=given)
    if not subject.claims("deterministic"):
        return f"on {', '.join(subject.spaces)}"
    with contextlib.closing(_after_adopting(subject, -1.0)) as other:
        for i, (one, two) in enumerate(zip([*_after_adopting(subject, 1.0)], other, strict=False)):
            if one != two:
                return f"proposal {i} depends on the losses of {subject.trials} that it adopted"
    raise Misbehaved(
        f"the losses of {subject.trials} configurations that it adopted do not change any of as "
        "many proposals; learn from them, or let adopt return False"
    )


def _after_adopting(subject: SearcherSubject, sign: float) -> Generator[str, None, None]:
    """Proposals, all of the same loss, after as many adopted ones of different losses."""
    space = SPACES["mixed"]
    with subject.building(space, 0) as searcher, contextlib.suppress(Exhausted):
        for trial, config in enumerate(_chosen(space, subject.trials)):
            driving.adopt(searcher, trial, config)
            loss = sign * driving.loss_of(space, config)
            driving.tell(searcher, trial, driving.FIDELITY.steps, loss, final=True)
        for trial in range(subject.trials, 2 * subject.trials):
            yield json.dumps(driving.ask(searcher, space, trial))
            driving.tell(searcher, trial, driving.FIDELITY.steps, 1.0, final=True)


def _chosen(space: Space, number: int) -> list[Config]:
    """Random configurations, after the two corners of the space."""
    rng = random.Random("the same configurations for every searcher")
    corners = [space.from_unit([u] * len(space)) for u in (0.0, 1.0)]
    return [*corners, *(space.sample(rng) for _ in range(number))][:number]


def thinking_time(subject: SearcherSubject) -> str:
    """Milliseconds for ask and tell after 10, 100 and 1,000 observations."""
    seconds = [s for s, _ in subject.long_run]
    times = [
        f"{median(seconds[n : n + 5]) * 1000:.3g} ms at {n:,}"
        for n in OBSERVATIONS
        if n < len(seconds)
    ]
    if len(seconds) <= OBSERVATIONS[-1]:
        times.append(f"ended after {len(seconds)} trials, {sum(seconds):.3g} s")
    return "; ".join(times)


def memory_growth(subject: SearcherSubject) -> str:
    """A trial leaves less than a megabyte of memory behind."""
    run = subject.long_run
    marks = [(trial, memory) for trial, (_, memory) in enumerate(run) if memory is not None]
    if not marks:
        raise NotApplicable("only Linux reports the memory of a process")
    (last, after), trials = marks[-1], len(run)
    middle, before = next(mark for mark in marks if mark[0] >= last // 2)
    if last - middle < 50:
        raise NotApplicable(f"{trials} trials say too little")
    growth = (after - before) / (last - middle)
    if growth > LEAK:
        raise Misbehaved(
            f"{growth / 1e6:.1f} MB a trial between trials {middle} and {last}; keep no more than "
            "the results"
        )
    return f"{max(growth, 0) / 1e3:.1f} KB a trial"


CHECKS: tuple[Callable[[SearcherSubject], str | None], ...] = (
    common.description,
    common.options,
    proposals,
    conditions,
    pending,
    anything,
    exhaustion,
    repeatable,
    seeds,
    warm_process,
    string_hashes,
    global_generators,
    diverged,
    some_fail,
    all_fail,
    early_ends,
    equal_losses,
    adoption,
    thinking_time,
    memory_growth,
    leaves_other_cells_alone,
)
