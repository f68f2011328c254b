"""Runs as animations: what their trials had reached at each moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.scripted_charts import STATES, replay
from hpobench.analysis.core.curves import algorithm_names
from hpobench.analysis.core.trial_steps import occupancy
from hpobench.analysis.exhibits import standings
from hpobench.analysis.exhibits.lineage import lineage
from hpobench.analysis.figures import far_apart
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.contract.problem import Objective
from hpobench.contract.wording import count
from hpobench.reporting.packed import embedded, packed

MOST_RUNS = 6
MOST_RESULTS = 1500
"""Of one run: with more, some of its trials are left out."""
MOST_RUNGS = 8
MOST_SLOTS = 64
"""Workers whose trials are shown."""
_HELD = ("PAUSE", "STOP")
COLUMNS = ["stretch", "trial", "x", "value", "clock", "begin", "worker", "decision", "next"]
COLUMNS += ["resumes", "end", "ended", "parent_x", "parent_value", "best", "leader"]


@dataclass(frozen=True)
class Played:
    """One run that can be replayed."""

    id: str
    title: str
    thinned: str
    """A sentence about trials that were left out; empty without any."""
    rows: str
    """:func:`run_rows` as :func:`hpobench.reporting.packed.packed`."""
    workers: int
    """Whose trials are shown; 0 where they are too many."""
    spec: Spec


@dataclass(frozen=True)
class Replay:
    """The runs that a page can replay."""

    problem: str
    runs: list[Played]

    @property
    def data(self) -> Markup:
        """JSON for the page's script."""
        names = ("id", "thinned", "workers", "spec")
        return embedded([{name: getattr(run, name) for name in names} for run in self.runs])


def replayed(study: Study) -> Replay | None:
    """One run under each scheduler, :data:`MOST_RUNS` at most, on the first problem of the first
    comparison that has several steps, or else the first; ``None`` without such a run."""
    if not (study.knows_trials and study.shown):
        return None
    problems = [study.problems[name].row for name in study.shown[0].curves.problems]
    problem = next((row for row in problems if row["steps"] > 1), problems[0])
    name = problem["problem"]
    # The first seed of the best algorithm under each scheduler.
    tables = [study.computed(standings.table, one) for one in study.shown]
    ranked = dict.fromkeys(name for table in tables for name in table["algorithm"])
    cells = study.results.cells.assign(algorithm=algorithm_names(study.results.cells))
    own = cells[(cells["problem"] == name) & (cells["status"] == "done") & (cells["results"] > 0)]
    place = own["algorithm"].map({name: i for i, name in enumerate(ranked)}).fillna(len(ranked))
    best = own.assign(place=place).sort_values(["place", "seed"], kind="stable")
    chosen = best.drop_duplicates("scheduler").head(MOST_RUNS)
    runs = [_played(study, i, cell, problem) for i, (_, cell) in enumerate(chosen.iterrows())]
    return Replay(name, runs) if runs else None


def _played(study: Study, number: int, cell: pd.Series, problem: pd.Series) -> Played:
    events, trials = (
        frame[frame["cell"] == cell["cell"]]
        for frame in (study.results.events, study.results.trials)
    )
    whole = run_rows(events, trials, problem)
    rows = thinned(whole)
    shown, every = rows["trial"].nunique(), whole["trial"].nunique()
    left_out = f"Shown: {shown:,} of {count(every, 'trial')}, which all numbers here are about."
    return Played(
        id=f"replay-{number}",
        title=f"{cell['algorithm']}, seed {cell['seed']}",
        thinned=left_out if shown < every else "",
        rows=packed(rows),
        workers=int(cell["workers"]) if cell["workers"] <= MOST_SLOTS else 0,
        spec=_spec(rows, problem),
    )


def run_rows(events: pd.DataFrame, trials: pd.DataFrame, problem: pd.Series) -> pd.DataFrame:
    """A row for each result of one run, in order.

    Columns as :data:`COLUMNS`: those of :func:`hpobench.analysis.charting.scripted_charts.replay`;
    ``begin`` and ``worker``, when and where the step began; ``best`` and ``leader``, the value of
    the incumbent and its stretch. Times are seconds of the run's clock.
    """
    events = events.reset_index(drop=True)
    objective = Objective(problem["metric"], problem["direction"])
    rows = lineage(events, objective)
    begin, _ = occupancy(events, np.zeros(len(events), dtype=np.int64))
    rows = rows.assign(
        begin=begin, worker=events["worker"], decision=events["decision"].astype(str)
    )
    single = problem["steps"] == 1
    unit = 1.0 if single else float(problem["unit"])
    rows["x"] = (rows["trial"] if single else rows["step"]) * unit
    rows["parent_x"] = rows["parent_step"].astype("Float64") * unit
    # Whatever a scheduler says after the last step stops nothing.
    rows["decision"] = rows["decision"].where(rows["step"] < problem["steps"], "CONTINUE")
    rows = _with_ends(rows, trials)
    losses = (rows["value"] * (-1 if objective.direction == "maximize" else 1)).fillna(np.inf)
    best = losses.where(losses < losses.cummin().shift(fill_value=np.inf))
    return rows.assign(
        best=rows["value"].where(best.notna()).ffill(),
        leader=rows["stretch"].where(best.notna()).ffill(),
    )[COLUMNS]


def _with_ends(rows: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with ``next, resumes, end, ended``."""
    stretch, trial = rows.groupby("stretch"), rows.groupby("trial")
    rows = rows.assign(next=stretch["clock"].shift(-1), resumes=stretch["begin"].shift(-1))
    over = ~rows.duplicated("stretch", keep="last")
    gone = trial["begin"].shift(-1).where(over)  # another state took its place
    known = trials.drop_duplicates("trial").set_index("trial")
    last = ~rows.duplicated("trial", keep="last")
    end = rows["trial"].map(known["end"]).where(last, gone)
    ended = rows["trial"].map(known["status"].astype(object)).where(last)
    end = end.where(ended != "completed", rows["clock"])  # HyperBand ends it with its bracket
    return rows.assign(
        end=np.maximum(end, rows["clock"]), ended=ended.where(last, "replaced").where(over, None)
    )


def thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` of whole trials, :data:`MOST_RESULTS` at most: first of those that ever held the
    incumbent, from the last on, then of others, evenly spaced by number. Of a single trial with
    more, some of its rows."""
    if len(rows) <= MOST_RESULTS:
        return rows
    trial_of = rows.drop_duplicates("stretch").set_index("stretch")["trial"]
    leaders = trial_of.loc[rows["leader"].dropna().drop_duplicates().iloc[::-1]].tolist()
    sizes = rows.groupby("trial").size()
    others = [trial for trial in sizes.index if trial not in set(leaders)]
    room = int(MOST_RESULTS / max(float(sizes.mean()), 1.0))
    spaced = np.unique(np.linspace(0, max(len(others) - 1, 0), max(room, 1)).astype(np.int64))
    order = list(dict.fromkeys([*leaders, *(others[i] for i in spaced if others)]))
    kept = sizes.loc[order].cumsum() <= MOST_RESULTS
    if kept.any():
        return rows[rows["trial"].isin(kept.index[kept])]
    own = rows[rows["trial"] == order[0]]
    some = np.unique(np.linspace(0, len(own) - 1, MOST_RESULTS).astype(np.int64))
    return pd.DataFrame(own.iloc[some])


def _spec(rows: pd.DataFrame, problem: pd.Series) -> Spec:
    held = rows[rows["decision"].isin(_HELD)]
    rungs = sorted(held["x"].value_counts().index[:MOST_RUNGS].tolist())
    states = {"running", *(["paused"] if (held["decision"] == "PAUSE").any() else [])}
    states |= set(rows["ended"].dropna())
    log_x = bool(rungs) and rows["x"].max() >= 9 * rows["x"].min()
    single, maximize = problem["steps"] == 1, problem["direction"] == "maximize"
    ticks = {"tickMinStep": 1 if single else float(problem["unit"]), "tickCount": 8}
    scale: Spec = {}
    values = rows["value"].dropna().to_numpy(np.float64)
    if len(values):
        low, high = float(values.min()), float(values.max())
        far = not maximize and far_apart(low, high)
        if not far:  # the worst tenth would hide the rest on a linear axis
            tenth = np.quantile(values, 0.1 if maximize else 0.9)
            values = np.array([tenth, high] if maximize else [low, tenth])
        scale = _scale(values, log=far)
    return replay(
        x={
            "title": "Trial" if single else phrases.step_label(problem),
            "scale": _scale(rows["x"].to_numpy(np.float64), log=log_x),
            "axis": ticks,
        },
        y={"title": phrases.metric_label(problem), "scale": scale, "axis": {"tickCount": 6}},
        end=float(max(rows["clock"].max(), rows["end"].max())),
        rungs=rungs,
        states=[state for state in STATES if state in states],
    )


def _scale(values: FloatArray, *, log: bool) -> Spec:
    """An axis that does not move while the animation runs."""
    low, high = float(values.min()), float(values.max())
    if log:
        return {"type": "log", "domain": [low / 1.1, high * 1.1], "nice": False}
    margin = 0.04 * (high - low) or 0.5
    return {"domain": [low - margin, high + margin], "nice": False, "zero": False}
