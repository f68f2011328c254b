"""Frames of :mod:`hpobench.stats` as tables of a page."""

from __future__ import annotations

import pandas as pd

from hpobench.report.entries import Field, TableEntry
from hpobench.report.numbers import interval, number
from hpobench.stats.failures import KINDS


def standings_table(
    id_: str, title: str, caption: str, frame: pd.DataFrame, csv: str
) -> TableEntry:
    columns = ["Algorithm", "Mean nr", "Behind", "IQM", "Rank", "Runs", "Failed"]
    rows = []
    for i, row in frame.iterrows():
        fields = [Field(row["algorithm"], strong=i == 0)]
        for name in ("nr", "behind", "iqm", "rank"):
            detail = interval(row[f"{name}_low"], row[f"{name}_high"])
            if name == "behind" and row[name] == 0:
                fields.append(Field("-", key=0.0))
            else:
                fields.append(Field(number(row[name]), detail, key=row[name]))
        fields += [_integer(row["runs"]), _integer(row["failures"])]
        rows.append(fields)
    return TableEntry(id_, title, caption, columns, rows, csv)


def final_loss_table(caption: str, frame: pd.DataFrame, csv: str) -> TableEntry:
    """T1 with a row per algorithm and a column per problem."""
    metrics = frame.drop_duplicates("problem")
    columns = [f"{p} ({m})" for p, m in zip(metrics["problem"], metrics["metric"], strict=True)]
    by_pair = {(row["algorithm"], row["problem"]): _final(row) for _, row in frame.iterrows()}
    rows = [
        [Field(name), *(by_pair.get((name, p), Field("")) for p in metrics["problem"])]
        for name in frame["algorithm"].drop_duplicates()
    ]
    return TableEntry("t1", "T1 Final values", caption, ["Algorithm", *columns], rows, csv)


def _final(row: pd.Series) -> Field:
    failures = f" ({row['failures']} failed)" if row["failures"] else ""
    return Field(
        number(row["mean"], 4),
        interval(row["low"], row["high"], digits=4),
        ("*" if row["not_worse"] and not row["best"] else "") + failures,
        bool(row["best"]),
        row["mean"],
    )


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
            Field(row["algorithm"]),
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
            Field(row["algorithm"]),
            Field(row["problem"]),
            _integer(row["seed"]),
            Field(row["kind"]),
            Field(row["error"]),
        ]
        for _, row in frame.iterrows()
    ]
    return TableEntry("failed-runs", "Failed runs", "", columns, rows, csv)


def _integer(value: int) -> Field:
    return Field(f"{int(value):,}", key=float(value))
