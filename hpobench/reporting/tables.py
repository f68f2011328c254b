"""Frames of :mod:`hpobench.analysis` as tables of a page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.failures import KINDS
from hpobench.analysis.drawing import captions
from hpobench.analysis.exhibits.final_loss import final_loss
from hpobench.analysis.settings import Settings
from hpobench.reporting.entries import Field, Files, TableEntry
from hpobench.reporting.numbers import interval, number
from hpobench.reporting.origins import anchor


def standings_table(title: str, caption: str, frame: pd.DataFrame, csv: str) -> TableEntry:
    columns = ["Algorithm", "Mean nr", "Behind", "IQM", "Rank", "Runs", "Failed"]
    rows = []
    for i, row in frame.iterrows():
        fields = [_algorithm(row["algorithm"], strong=i == 0)]
        for name in ("nr", "behind", "iqm", "rank"):
            detail = interval(row[f"{name}_low"], row[f"{name}_high"])
            if name == "behind" and row[name] == 0:
                fields.append(Field("-", key=0.0))
            else:
                fields.append(Field(number(row[name]), detail, key=row[name]))
        fields += [_integer(row["runs"]), _integer(row["failures"])]
        rows.append(fields)
    return TableEntry(Path(csv).stem, title, caption, columns, rows, csv)


def final_loss_table(
    files: Files, curves: Curves, problems: pd.DataFrame, settings: Settings
) -> TableEntry:
    """T1 with a row per algorithm and a column per problem."""
    frame = final_loss(curves, problems, settings)
    metrics = frame.drop_duplicates("problem")
    columns = [f"{p} ({m})" for p, m in zip(metrics["problem"], metrics["metric"], strict=True)]
    by_pair = {(row["algorithm"], row["problem"]): _final(row) for _, row in frame.iterrows()}
    rows = [
        [_algorithm(name), *(by_pair.get((name, p), Field("")) for p in metrics["problem"])]
        for name in frame["algorithm"].drop_duplicates()
    ]
    return TableEntry(
        "t1",
        "T1 Final values",
        captions.final_loss(curves, settings),
        ["Algorithm", *columns],
        rows,
        files.table("final_loss", frame),
    )


def _final(row: pd.Series) -> Field:
    failures = f" ({row['failures']} failed)" if row["failures"] else ""
    return Field(
        number(row["mean"], 4),
        interval(row["low"], row["high"], digits=4),
        ("*" if row["not_worse"] and not row["best"] else "") + failures,
        bool(row["best"]),
        row["mean"],
        f"#{anchor(row['algorithm'], row['problem'])}",
    )


def speedup_table(title: str, caption: str, frame: pd.DataFrame, csv: str) -> TableEntry:
    """T2 with a column for the mean and each problem at each target."""
    frame = frame.assign(column=_columns(frame) + frame["tolerance"].map(", nr {:g}".format))
    return _by_algorithm(title, caption, frame, csv, "speedup")


def anytime_table(title: str, caption: str, frame: pd.DataFrame, csv: str) -> TableEntry:
    """T3 with a column for the mean and each problem."""
    return _by_algorithm(title, caption, frame.assign(column=_columns(frame)), csv, "estimate")


def _columns(frame: pd.DataFrame) -> pd.Series:
    return frame["problem"].astype(object).where(frame["problem"].notna(), "Mean")


def _by_algorithm(
    title: str, caption: str, frame: pd.DataFrame, csv: str, value: str
) -> TableEntry:
    columns = list(dict.fromkeys(frame["column"]))
    fields = {(r["algorithm"], r["column"]): _estimate(r, value) for _, r in frame.iterrows()}
    rows = [
        [_algorithm(name), *(fields[name, column] for column in columns)]
        for name in frame["algorithm"].drop_duplicates()
    ]
    return TableEntry(Path(csv).stem, title, caption, ["Algorithm", *columns], rows, csv)


def _estimate(row: pd.Series, value: str) -> Field:
    bound = row.get("bound", "")
    if bound == "none":
        return Field("-", key=row[value])
    detail = interval(row["low"], row["high"])
    return Field(f"{bound} {number(row[value])}".strip(), detail, key=row[value])


_COST = {
    "clock_h": "Clock h",
    "evaluation_h": "Evaluation h",
    "suggest_s": "Suggest s",
    "observe_s": "Observe s",
    "harness_s": "Harness s",
    "peak_memory_mb": "Peak memory MB",
}


def cost_table(caption: str, frame: pd.DataFrame, csv: str) -> TableEntry:
    counts = ["runs", "trials", "results"]
    failed = [*KINDS, "failed trials"]
    columns = [
        "Algorithm",
        *map(str.capitalize, counts),
        *_COST.values(),
        *map(str.capitalize, failed),
    ]
    rows = [
        [
            _algorithm(row["algorithm"]),
            *(_integer(row[c]) for c in counts),
            *(Field(number(row[c]), key=row[c]) for c in _COST),
            *(_integer(row[c]) for c in failed),
        ]
        for _, row in frame.iterrows()
    ]
    return TableEntry("t4", "T4 Cost", caption, columns, rows, csv)


def setting_table(frame: pd.DataFrame, csv: str) -> TableEntry:
    rows = [[Field(item), Field(value)] for item, value in frame.itertuples(index=False)]
    return TableEntry("t5", "T5 Setting", "", ["Item", "Value"], rows, csv)


def problem_table(frame: pd.DataFrame, csv: str) -> TableEntry:
    columns = ["Problem", "Metric", "Dimensions", "Fidelity", "Budget of a run", "Optimum", "Clip"]
    columns += ["Held-out", "Reference"]
    rows = [
        [
            Field(row["problem"]),
            Field(f"{row['metric']}, {row['direction']}"),
            _integer(row["dimensions"]),
            Field(f"{row['steps']} x {row['fidelity']}" if row["steps"] > 1 else "single step"),
            Field(row["budget"]),
            Field(number(row["optimum"], 6), key=row["optimum"]),
            Field(number(row["clip"], 6), key=row["clip"]),
            Field("yes" if row["heldout"] else "no"),
            Field(("exact; " if row["known"] else "best on record; ") + str(row["source"])),
        ]
        for _, row in frame.iterrows()
    ]
    caption = (
        "Optimum and clip (the median loss of a random configuration) are reference losses, frozen "
        "unless their reference says otherwise and always minimised: a metric that is maximised is "
        "negated."
    )
    return TableEntry("problems", "Problems", caption, columns, rows, csv)


def failure_table(frame: pd.DataFrame, csv: str) -> TableEntry:
    columns = ["Algorithm", "Problem", "Seed", "Kind", "Error"]
    rows = [
        [
            _algorithm(row["algorithm"]),
            Field(row["problem"], href=f"#{anchor(row['algorithm'], row['problem'])}"),
            _integer(row["seed"]),
            Field(row["kind"]),
            Field(row["error"]),
        ]
        for _, row in frame.iterrows()
    ]
    return TableEntry("failed-runs", "Failed runs", "", columns, rows, csv)


def _algorithm(name: str, *, strong: bool = False) -> Field:
    return Field(name, strong=strong, href=f"#{anchor(name)}")


def _integer(value: int) -> Field:
    return Field(f"{int(value):,}", key=float(value))
