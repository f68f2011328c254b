"""Realistic results for tests: random searches whose draws get better with a searcher's skill."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hpobench.store.read.reader import Results


@dataclass(frozen=True)
class MadeProblem:
    name: str
    steps: int = 9
    optimum: float = 0.1
    clip: float = 0.5
    known: bool = True
    referenced: bool = True
    """Whether the results hold the reference losses."""
    heldout: bool = False
    direction: str = "minimize"
    budget: float = 3600.0
    cost: float = 10.0
    """Mean seconds of one step."""


PROBLEMS = (
    MadeProblem("branin", steps=1, optimum=0.39788736, clip=28.0, cost=60.0),
    MadeProblem("counting-ones", heldout=True, optimum=-16.0, clip=-8.0, budget=900.0, cost=3.0),
    MadeProblem("mlp-vehicle", direction="maximize", optimum=-0.86, clip=-0.55, known=False),
)
SEARCHERS = ("random", "tpe", "gp")
SCHEDULERS = ("fifo", "asha")
WORKERS = 4
NO_CLONES = {"parent": np.nan, "parent_step": np.nan, "config": None}


def make_results(
    searchers: Sequence[str] = SEARCHERS,
    schedulers: Sequence[str] = SCHEDULERS,
    problems: Sequence[MadeProblem] = PROBLEMS,
    seeds: int = 4,
    failed: Sequence[tuple[str, str]] = (("gp", "timeout"), ("tpe", "failed")),
    partial: bool = True,
) -> Results:
    """Every combination, except that schedulers other than ``fifo`` skip single-step problems.

    ``failed``: (searcher, status) whose first cell ends so, the first keeping half its events
    (when ``partial``) and the others none.
    """
    cells, events, trials = [], [], []
    left = dict(failed)
    keep_events = partial
    for i, searcher in enumerate(searchers):
        for j, scheduler in enumerate(schedulers):
            for p, problem in enumerate(problems):
                if scheduler != "fifo" and problem.steps == 1:
                    continue
                for seed in range(seeds):
                    rng = np.random.default_rng([i, j, p, seed])
                    cell = f"{searcher}-{scheduler}-{problem.name}-{seed}"
                    ev, tr = _run(problem, 1.0 + 0.7 * i, scheduler != "fifo", rng)
                    status = left.pop(searcher, "done")
                    if status != "done":
                        ev, tr = (ev[: len(ev) // 2], tr) if keep_events else (ev[:0], tr[:0])
                        keep_events = False
                    events.append(ev.assign(cell=cell))
                    trials.append(tr.assign(cell=cell))
                    cells.append(_cell(cell, searcher, scheduler, problem, seed, status, ev, tr))
    suite = {"name": "made", "seeds": list(range(seeds)), "workers": WORKERS}
    return _results(suite, cells, events, trials, problems)


def hand_made(
    runs: dict[tuple[str, int], list[tuple[float, float]]],
    *,
    problem: MadeProblem = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, budget=10.0),
    step: int = 1,
    heldout: dict[tuple[str, int], list[float]] | None = None,
    failed: Sequence[tuple[str, int]] = (),
) -> Results:
    """Runs written out: by (searcher, seed) the (clock, loss) of its single-step trials."""
    cells, events, trials = [], [], []
    for (searcher, seed), results in runs.items():
        cell = f"{searcher}-{seed}"
        n = len(results)
        clock = np.array([c for c, _ in results], dtype=float)
        ev = _events(
            trial=np.arange(n, dtype=np.int32),
            step=np.full(n, step, dtype=np.int32),
            clock=clock,
            loss=np.array([loss for _, loss in results], dtype=float),
            heldout=np.nan if heldout is None else heldout[searcher, seed],
            worker=np.zeros(n, dtype=np.int16),
        )
        tr = _trials(n, steps=1, start=clock - 1.0, end=clock, suggest_s=0.25, observe_s=0.5)
        status = "failed" if (searcher, seed) in failed else "done"
        cells.append(_cell(cell, searcher, "fifo", problem, seed, status, ev, tr))
        events.append(ev.assign(cell=cell))
        trials.append(tr.assign(cell=cell))
    return _results({"name": "by-hand"}, cells, events, trials, [problem])


def on_workers(parts: Mapping[int, Results]) -> Results:
    """One suite's results on several numbers of workers, from those on each."""

    def joined(name: str) -> pd.DataFrame:
        frames: list[pd.DataFrame] = []
        for workers, part in parts.items():
            frame = getattr(part, name)
            named = frame["cell"].astype(object) + f"-w{workers}"
            more = {"workers": workers} if name == "cells" else {}
            frames.append(frame.assign(cell=named, **more))
        return pd.concat(frames, ignore_index=True)

    return replace(
        next(iter(parts.values())),
        cells=joined("cells"),
        events=_labelled(joined("events"), "cell", "decision"),
        trials=_labelled(joined("trials"), "cell", "status"),
    )


POPULATION = MadeProblem("cnn", steps=40, optimum=0.05, clip=1.0, known=False, budget=600.0)


def make_population(
    trials: int = 8, *, problem: MadeProblem = POPULATION, interval: int = 5, seeds: int = 2
) -> Results:
    """Population-based training under ``pbt`` beside random search under ``fifo``: every
    ``interval`` steps a trial in the worst quarter goes on from the last state saved in the best.
    """
    cells, all_events, all_trials = [], [], []
    for scheduler in ("fifo", "pbt"):
        for seed in range(seeds):
            cell = f"random-{scheduler}-{problem.name}-{seed}"
            rng = np.random.default_rng([trials, problem.steps, seed])
            ev = _train_population(trials, problem, interval, scheduler == "pbt", rng)
            end = ev.groupby("trial")["clock"].max().to_numpy()
            tr = _trials(trials, steps=np.int32(problem.steps), end=end)
            cells.append(_cell(cell, "random", scheduler, problem, seed, "done", ev, tr))
            all_events.append(ev.assign(cell=cell))
            all_trials.append(tr.assign(cell=cell))
    return _results({"name": "population"}, cells, all_events, all_trials, [problem])


def _train_population(
    n: int, problem: MadeProblem, interval: int, clones: bool, rng: np.random.Generator
) -> pd.DataFrame:
    """One run, every trial on a worker of its own; the loss falls at a rate that is best for some
    learning rate, and the best learning rate shrinks."""
    span = problem.clip - problem.optimum
    rate, pace = 10 ** rng.uniform(-3, 0, n), rng.uniform(1.6, 2.4, n)
    gap, step, clock = np.ones(n), np.zeros(n, int), np.zeros(n)
    saved: dict[int, tuple[int, float]] = {}
    parent: dict[int, tuple[int, int]] = {}
    rows = []
    while (step < problem.steps).any():
        trial = int(np.argmin(np.where(step < problem.steps, clock + pace, np.inf)))
        step[trial] += 1
        clock[trial] += pace[trial]
        wanted = 0.3 * 0.9 ** step[trial]
        gap[trial] *= 1 - 0.12 * np.exp(-(np.log10(rate[trial] / wanted) ** 2))
        gap[trial] = max(gap[trial] * np.exp(0.03 * rng.normal()), 0.0)
        origin = parent.pop(trial, None)
        rows.append(
            {
                "trial": trial,
                "step": step[trial],
                "resource": 1.0,
                "clock": clock[trial],
                "loss": problem.optimum + span * gap[trial],
                "heldout": np.nan,
                "cost": pace[trial],
                "decision": "CONTINUE" if step[trial] < problem.steps else "STOP",
                "worker": trial,
                "parent": origin[0] if origin else np.nan,
                "parent_step": origin[1] if origin else np.nan,
                "config": json.dumps({"lr": rate[trial]}) if origin else None,
            }
        )
        if not clones or step[trial] % interval or step[trial] == problem.steps:
            continue
        saved[trial] = int(step[trial]), float(gap[trial])
        order = sorted(saved, key=lambda t: saved[t][1])
        quarter = max(len(order) // 4, 1)
        if len(order) > 1 and trial in order[-quarter:]:
            donor = int(rng.choice(order[:quarter]))
            step[trial], gap[trial] = saved[donor]
            rate[trial] = rate[donor] * rng.choice([0.5, 0.8, 1.25])
            parent[trial] = donor, int(step[trial])
    return pd.DataFrame(rows)


def _results(
    suite: dict[str, Any],
    cells: list[dict[str, Any]],
    events: list[pd.DataFrame],
    trials: list[pd.DataFrame],
    problems: Sequence[MadeProblem],
) -> Results:
    return Results(
        name=suite["name"],
        suite=suite,
        cells=pd.DataFrame(cells),
        events=_labelled(pd.concat(events, ignore_index=True), "cell", "decision"),
        trials=_labelled(pd.concat(trials, ignore_index=True), "cell", "status"),
        problems=pd.DataFrame([_problem(p) for p in problems]),
    )


def _events(**columns: Any) -> pd.DataFrame:
    plain = {"resource": 1.0, "cost": 1.0, "decision": "STOP", **NO_CLONES}
    return pd.DataFrame({**plain, **columns})


def _trials(n: int, **columns: Any) -> pd.DataFrame:
    plain = {"config": "{}", "status": "completed", "steps": 1, "start": 0.0, "end": 0.0}
    plain |= {"suggest_s": 0.001, "observe_s": 0.0, "error": None}
    return pd.DataFrame({"trial": np.arange(n, dtype=np.int32), **plain, **columns})


def _labelled(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, "category"))


def _run(
    problem: MadeProblem, skill: float, early_stopping: bool, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One cell: trials round robin on the workers, until the budget is gone."""
    n = int(problem.budget * WORKERS / problem.cost / (2 if early_stopping else problem.steps)) + 9
    span = problem.clip - problem.optimum
    quality = rng.weibull(1.2, n) * (1.0 + np.arange(n)) ** (-0.35 * (skill - 1.0)) * 1.3
    steps = np.full(n, problem.steps)
    if early_stopping:
        rungs = 3 ** rng.geometric(0.66, n) // 3
        steps = np.minimum(steps, np.maximum(rungs, np.where(quality < 0.2, problem.steps, 1)))
    cost = problem.cost * rng.uniform(0.5, 1.5, n)

    trial = np.repeat(np.arange(n), steps)
    step = np.concatenate([np.arange(1, k + 1) for k in steps])
    end = np.zeros(n)
    for worker in range(WORKERS):
        end[worker::WORKERS] = np.cumsum((steps * cost)[worker::WORKERS])
    start = end - steps * cost
    clock = start[trial] + step * cost[trial]
    asymptote = problem.optimum + span * quality
    clean = asymptote[trial] + 0.6 * span * (step**-0.7 - problem.steps**-0.7)
    events = _events(
        trial=trial.astype(np.int32),
        step=step.astype(np.int32),
        clock=clock,
        loss=clean + (0.02 * span * rng.normal(size=len(clean)) if problem.heldout else 0.0),
        heldout=clean if problem.heldout else np.nan,
        cost=cost[trial],
        decision=np.where(step == steps[trial], "STOP", "CONTINUE"),
        worker=(trial % WORKERS).astype(np.int16),
    )
    if n > 20:  # the trial fails in its last step, which leaves no result
        events = events[(trial != 7) | (step != steps[7])]
        events.loc[events["trial"] == 7, "loss"] = np.nan
    in_budget = events["clock"] <= problem.budget
    events = events[in_budget].sort_values("clock", kind="stable", ignore_index=True)
    status = np.where(
        end > problem.budget, "cut", np.where(steps < problem.steps, "stopped", "completed")
    )
    trials = _trials(
        n,
        status=np.where(np.arange(n) == 7, "failed", status),
        steps=steps.astype(np.int32),
        start=start,
        end=np.minimum(end, problem.budget),
        suggest_s=0.004 * skill,
        observe_s=0.001,
    )
    return events, trials[start < problem.budget]


def _cell(
    cell: str,
    searcher: str,
    scheduler: str,
    problem: MadeProblem,
    seed: int,
    status: str,
    events: pd.DataFrame,
    trials: pd.DataFrame,
) -> dict[str, Any]:
    error = {
        "done": None,
        "timeout": "no answer within 60 s",
        "failed": "TrialError: <b>loss is NaN</b>\nin step 3",
    }[status]
    return {
        "cell": cell,
        "searcher": searcher,
        "scheduler": scheduler,
        "problem": problem.name,
        "seed": seed,
        "workers": WORKERS,
        "stage": "virtual",
        "status": status,
        "error": error,
        "trials": len(trials),
        "results": len(events),
        "resource": float(events["resource"].sum()) + int((trials["status"] == "failed").sum()),
        "clock": problem.budget
        if status == "done"
        else float(events["clock"].max() if len(events) else 0),
        "evaluation_s": float(events["cost"].sum()),
        "suggest_s": float(trials["suggest_s"].sum()),
        "observe_s": float(trials["observe_s"].sum()),
        "harness_s": 0.0002 * len(events),
        "peak_memory": 250_000_000 + 1_000 * len(events),
        "events_shard": None,
        "trials_shard": None,
        "in_suite": True,
        "spec": json.dumps({"budget": {"time": problem.budget}, "tell": "last"}),
        "provenance": json.dumps(
            {
                "versions": {"hpobench": "0.1.0", "ray": "2.60.0", "python": "3.11.9"},
                "host": {"system": "Linux", "machine": "x86_64", "cpus": 2},
                "commit": "0123abc",
                "started": "2026-01-01T00:00:00Z",
            }
        ),
    }


def _problem(problem: MadeProblem) -> dict[str, Any]:
    return {
        "problem": problem.name,
        "metric": "accuracy" if problem.direction == "maximize" else "loss",
        "direction": problem.direction,
        "optimum": problem.optimum if problem.referenced else np.nan,
        "clip": problem.clip if problem.referenced else np.nan,
        "known": problem.known and problem.referenced,
        "source": "made up" if problem.referenced else "",
        "heldout": problem.heldout,
        "fidelity": "epoch" if problem.steps > 1 else "evaluation",
        "steps": problem.steps,
        "unit": 1.0,
        "dimensions": 2 + problem.steps,
        "space": "[]",
    }
