"""Plugins each of which breaks one rule."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

from hpobench.api import (
    Config,
    Curve,
    Exhausted,
    Fidelity,
    Float,
    FunctionProblem,
    Problem,
    Reference,
    Scheduler,
    Searcher,
    Space,
    TabulatedProblem,
    Training,
)


class _Random(Searcher):
    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        self.space, self.rng = space, Random(seed)

    def ask(self, trial: int) -> Config:
        return self.space.sample(self.rng)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass


class Good(_Random):
    """Does as it should."""

    name = "good"


class Mumbles(_Random):
    """Says what it is without an end"""

    name = "mumbles"


class Bare(_Random):
    """Has an option without an annotation."""

    name = "bare"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, greed=1) -> None:  # type: ignore[no-untyped-def]
        super().__init__(space, seed=seed, fidelity=fidelity)


class Outside(_Random):
    """Leaves the bounds of numbers now and then."""

    name = "outside"

    def ask(self, trial: int) -> Config:
        config = super().ask(trial)
        return config | ({"x": 10.5} if "x" in config and trial % 7 == 6 else {})


class Flat(_Random):
    """Proposes inactive parameters too."""

    name = "flat"

    def ask(self, trial: int) -> Config:
        return {p.name: p.from_unit(self.rng.random()) for p in self.space}


class Backwards(_Random):
    """Forgets the order of the space."""

    name = "backwards"

    def ask(self, trial: int) -> Config:
        return dict(reversed(super().ask(trial).items()))


class Doubling(_Random):
    """Proposes what is under way already."""

    name = "doubling"

    def ask(self, trial: int) -> Config:
        if trial % 2 == 0:
            self.config = super().ask(trial)
        return self.config


class Revived(_Random):
    """Goes on after it was exhausted."""

    name = "revived"
    asked = 0

    def ask(self, trial: int) -> Config:
        self.asked += 1
        if self.asked == 6:
            raise Exhausted("for now")
        return super().ask(trial)


class Forgetful(_Random):
    """Draws from the operating system."""

    name = "forgetful"

    def ask(self, trial: int) -> Config:
        return self.space.sample(random.SystemRandom())


class Seedless(_Random):
    """Takes 0 for no seed."""

    name = "seedless"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed=seed or 1, fidelity=fidelity)


class Hashing(_Random):
    """Seeds its generator by the hash of a string."""

    name = "hashing"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed=hash(f"seed {seed}"), fidelity=fidelity)


class Meddling(_Random):
    """Seeds the global generator for its own use."""

    name = "meddling"

    def ask(self, trial: int) -> Config:
        random.seed(trial)
        return super().ask(trial)


class Spoiling(_Random):
    """Leaves a function of random patched."""

    name = "spoiling"

    def ask(self, trial: int) -> Config:
        random.gauss = lambda mu, sigma: mu + sigma / 2  # type: ignore[assignment, misc]
        return super().ask(trial)


class Overflowing(_Random):
    """Does not stand large losses."""

    name = "overflowing"

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        math.exp(loss)


class Fragile(_Random):
    """Does not stand failures."""

    name = "fragile"

    def failed(self, trial: int) -> None:
        raise KeyError(trial)


class Rash(_Random):
    """Does not stand trials that are paused."""

    name = "rash"

    def paused(self, trial: int) -> None:
        raise RuntimeError("what now?")


class Deaf(_Random):
    """Adopts what others chose, and learns nothing from it."""

    name = "deaf"

    def adopt(self, trial: int, config: Config) -> bool:
        return True


class Dividing(_Random):
    """Does not stand losses that are all the same."""

    name = "dividing"
    losses: list[float]

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed=seed, fidelity=fidelity)
        self.losses = []

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self.losses.append(loss)
        if len(self.losses) > 1 and loss == 1.0:
            _ = 1 / (max(self.losses) - min(self.losses))


class Leaking(_Random):
    """Keeps two megabytes a trial."""

    name = "leaking"
    kept: ClassVar[list[bytes]] = []

    def ask(self, trial: int) -> Config:
        self.kept.append(b"x" * (2 << 20))
        return super().ask(trial)

    def close(self) -> None:
        self.kept.clear()


class Endless(_Random):
    """Looks for a configuration that it has not proposed yet, where there is none."""

    name = "endless"

    def ask(self, trial: int) -> Config:
        while trial == 3:
            time.sleep(0.01)
        return super().ask(trial)


class Leaving(_Random):
    """Ends the process."""

    name = "leaving"

    def ask(self, trial: int) -> Config:
        raise SystemExit(3)


# -- schedulers ----------------------------------------------------------------------------


class _Fifo(Scheduler):
    ends_trials = False
    pauses = False

    def build(self, problem: Problem) -> Any:
        from ray.tune.schedulers import FIFOScheduler

        return FIFOScheduler()


class Plain(_Fifo):
    """Does as it should."""

    name = "plain"


class Same(_Fifo):
    """Builds one scheduler for all."""

    name = "same"
    built = None

    def build(self, problem: Problem) -> Any:
        self.built = self.built or super().build(problem)
        return self.built


class Boastful(_Fifo):
    """Claims to end trials."""

    name = "boastful"
    ends_trials = True


class Pausing(_Fifo):
    """Pauses trials although it says that it does not."""

    name = "pausing"
    ends_trials = True
    lookahead = 1

    def build(self, problem: Problem) -> Any:
        from ray.tune.schedulers import HyperBandScheduler

        return HyperBandScheduler(time_attr="training_iteration", max_t=problem.fidelity.steps)


class Dicing(_Fifo):
    """Stops trials by chance."""

    name = "dicing"

    def build(self, problem: Problem) -> Any:
        from ray.tune.schedulers import FIFOScheduler

        class Dice(FIFOScheduler):
            def on_trial_result(self, controller: Any, trial: Any, result: Any) -> Any:
                return random.SystemRandom().choice((self.CONTINUE, self.STOP))

        return Dice()


class Stuck(_Fifo):
    """Pauses trials for good."""

    name = "stuck"
    pauses = True

    def build(self, problem: Problem) -> Any:
        from ray.tune.schedulers import FIFOScheduler

        class Pause(FIFOScheduler):
            def on_trial_result(self, controller: Any, trial: Any, result: Any) -> Any:
                return self.PAUSE

            def choose_trial_to_run(self, controller: Any) -> Any:
                return next((t for t in controller.get_trials() if t.status == "PENDING"), None)

        return Pause()


# -- problems ------------------------------------------------------------------------------


class _Line(TabulatedProblem):
    space = Space([Float("x", 0, 1)])

    def curve(self, config: Config, seed: int) -> Curve:
        return Curve([float(config["x"])], [1.0])

    def reference(self) -> Reference | None:
        return Reference(0.0, 0.5, "made up")


class Line(_Line):
    """Does as it should."""

    name = "line"


class Noisy(_Line):
    """Draws noise anew at every look."""

    name = "noisy"

    def curve(self, config: Config, seed: int) -> Curve:
        return Curve([random.SystemRandom().random()], [1.0])


class Free(_Line):
    """Costs nothing."""

    name = "free"

    def curve(self, config: Config, seed: int) -> Curve:
        return Curve([float(config["x"])], [0.0])


class Below(_Line):
    """Has losses below its optimum."""

    name = "below"

    def reference(self) -> Reference | None:
        return Reference(0.4, 0.5, "made up")


class Cheap(_Line):
    """Takes a hundredth of what it says."""

    name = "cheap"

    def estimate(self) -> float:
        return 100.0


class Short(_Line):
    """Has fewer losses than steps."""

    name = "short"
    fidelity = Fidelity("epoch", steps=3)


class Trained(FunctionProblem):
    """Does as it should."""

    name = "trained"
    space = Space([Float("x", 0, 1)])
    fidelity = Fidelity("epoch", steps=3)

    def train(self, config: Config, seed: int) -> Iterator[float]:
        for _ in range(3):
            yield float(config["x"])


class Diverging(Trained):
    """Trains to no number."""

    name = "diverging"

    def train(self, config: Config, seed: int) -> Iterator[Any]:
        for _ in range(3):
            yield math.nan


class Unseeded(Trained):
    """Trains otherwise each time."""

    name = "unseeded"

    def train(self, config: Config, seed: int) -> Iterator[Any]:
        for _ in range(3):
            yield random.SystemRandom().random()


class _Counting(Training):
    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> dict[str, Any]:
        self.steps += 1
        return {"loss": float(self.steps)}

    def save(self) -> bytes | None:
        return b"nothing"

    def load(self, state: bytes) -> None:
        pass


class Amnesiac(Trained):
    """Saves nothing of its state."""

    name = "amnesiac"

    def start(self, config: Config, seed: int) -> Training:
        return _Counting()
