"""What a :class:`~hpobench.analysis.inference.gate.Gate` holds, in words, as tables and as JSON."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from hpobench.analysis.exhibits.conditions import conditions
from hpobench.analysis.inference.gate import POWER, Gate
from hpobench.analysis.inference.sign_flip import smallest_p
from hpobench.contract.wording import count, interval, number

ALL_ROWS = 30
"""With more, single problems on which nothing was found are left out of the short table."""
LEGEND = (
    "Scores are normalised regrets: 0 is the optimum, 1 a median random configuration. p: "
    "one-sided, adjusted for all rows. detectable: what would be found worse with a chance of "
    f"{POWER * 100:g} %."
)


def headline(found: Gate) -> str:
    """The verdict in a line."""
    if found.outcome == "same":
        return f"IDENTICAL: all {len(found.pairs.same)} pairs of runs are the same, bit by bit"
    if found.outcome == "regression":
        worse = int((found.effects["verdict"] == "worse").sum())
        found_worse = [f"{worse} of {len(found.effects)} mean regrets are worse"] if worse else []
        if len(found.broken):
            found_worse.append(f"{count(len(found.broken), 'run')} failed that did not in BASE")
        return f"REGRESSION: {', and '.join(found_worse)}"
    if found.outcome == "undecided":
        least = (n for n in itertools.count(1) if smallest_p(n, "greater") <= found.alpha)
        return (
            f"UNDECIDED: with {count(found.seeds, 'seed')} no difference at all could be found at "
            f"{found.alpha:g}; it takes {next(least)}"
        )
    return "NO REGRESSION FOUND"


def sentences(found: Gate) -> Iterator[str]:
    """What the verdict rests on, and what it does not cover."""
    pairs = found.pairs
    if found.outcome != "same":
        yield (
            f"If NEW is as good as BASE, anything is called worse in at most "
            f"{found.alpha * 100:g} % of such comparisons: the {len(found.effects)} tests are "
            "adjusted for each other."
        )
        yield from _power(found)
        yield f"{int(pairs.same.sum())} of {len(pairs.same)} pairs are the same, bit by bit."
    if found.tolerance:
        yield f"Differences up to {number(found.tolerance)} are tolerated."
    for run in found.broken.itertuples():
        name = f"{run.searcher} + {run.scheduler} on {run.problem}, seed {run.seed}"
        error = str(run.error).partition("\n")[0]
        yield f"Failed in NEW alone: {name}: {error}"
    for side, alone in (("BASE", pairs.missing), ("NEW", pairs.added)):
        if len(alone):
            names = alone["searcher"] + " + " + alone["scheduler"]
            listed = ", ".join(f"{name} ({n})" for name, n in names.value_counts().items())
            yield f"Not compared, for {side} alone has them: {count(len(alone), 'run')}: {listed}."
    for problem, reason in found.left_out.items():
        yield f"Not compared: {problem}: {reason}."
    yield from _changes(found)


def _power(found: Gate) -> Iterator[str]:
    if not found.able:
        yield (
            f"The least p that {count(found.seeds, 'seed')} can give is "
            f"{number(smallest_p(found.seeds, 'greater'))}: this comparison cannot fail."
        )
        return
    whole = float(found.effects["detectable"].iloc[0])
    chance = f"with a chance of {POWER * 100:g} %"
    rows = found.effects[found.effects["problem"].notna()]
    single = float(rows.loc[rows["verdict"] != "same", "detectable"].median())
    if whole >= 1:
        yield f"With these {found.seeds} seeds no difference at all would be found {chance}."
    elif whole > 0:
        yield (
            f"With these {found.seeds} seeds a mean over everything that is worse by "
            f"{number(whole, 2)} would have been found {chance}, one of an algorithm on a problem "
            f"by {number(single, 2) if single < 1 else 'more than 1'} (median)."
        )


def _changes(found: Gate) -> Iterator[str]:
    """Versions that are not those of BASE."""
    before, now = (
        dict(conditions(side).itertuples(index=False, name=None))
        for side in (found.pairs.base, found.pairs.new)
    )
    for item in ("Libraries", "Versions", "Commit"):
        sides = [re.split("[,;] ", side.get(item, "")) for side in (before, now)]
        was, became = (
            ", ".join(part for part in one if part not in other) or "-"
            for one, other in (sides, sides[::-1])
        )
        if was != became:
            yield f"{item}: {was} in BASE, {became} in NEW."


def short_table(found: Gate) -> pd.DataFrame:
    """The rows to show first: those about several problems, and those where something is found."""
    rows = found.effects
    notable = ~rows["verdict"].isin(["-", "same"]) | (rows["broken"] + rows["mended"] > 0)
    return rows if len(rows) <= ALL_ROWS else rows[rows["problem"].isna() | notable]


def header(found: Gate) -> list[str]:
    """Of :func:`cells`."""
    level = f"NEW - BASE [{found.level * 100:g} %]"
    names = ["algorithm", "problem", "pairs", "BASE", "NEW", level, "p", "detectable", "verdict"]
    return ["score", *names] if found.effects["score"].nunique() > 1 else names


def cells(found: Gate, rows: pd.DataFrame) -> list[list[str]]:
    """``rows`` of the effects as text, under :func:`header`."""
    several = found.effects["score"].nunique() > 1
    lines = []
    row: Any  # the fields of rows are not known to type checkers
    for row in rows.itertuples():
        failures = [f"{n} {what}" for what in ("broken", "mended") if (n := getattr(row, what))]
        line = [
            row.algorithm or "all",
            row.problem or "all",
            str(row.pairs),
            number(row.base),
            number(row.new),
            number(row.estimate) + interval(row.low, row.high, " "),
            number(row.p_worse if row.estimate > 0 else row.p_better, 2),
            number(row.detectable, 2) if 0 < row.detectable < 1 else "-",
            ", ".join([row.verdict, *failures]),
        ]
        lines.append([str(row.score), *line] if several else line)
    return lines


def markdown(found: Gate) -> str:
    """For the summary of a workflow."""
    short = short_table(found)
    parts = [f"## {headline(found)}", "\n".join(f"- {text}" for text in sentences(found))]
    parts.append(_markdown_table(found, short))
    if len(short) < len(found.effects):
        every = _markdown_table(found, found.effects)
        parts.append(f"<details><summary>All rows</summary>\n\n{every}\n\n</details>")
    return "\n\n".join([*parts, LEGEND]) + "\n"


def _markdown_table(found: Gate, rows: pd.DataFrame) -> str:
    lines = [header(found), ["---"] * len(header(found)), *cells(found, rows)]
    # A bar in a label would begin another cell.
    return "\n".join(f"| {' | '.join(c.replace('|', '/') for c in line)} |" for line in lines)


def as_json(found: Gate) -> str:
    """All that was found; numbers that are none or infinite are null."""
    content = {
        "verdict": found.outcome,
        "headline": headline(found),
        "sentences": list(sentences(found)),
        "alpha": found.alpha,
        "tolerance": found.tolerance,
        "seeds": found.seeds,
        "pairs": len(found.pairs.same),
        "same": int(found.pairs.same.sum()),
        "broken": _records(found.broken),
        "missing": _records(found.pairs.missing),
        "added": _records(found.pairs.added),
        "left_out": found.left_out,
        "effects": _records(found.effects),
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _records(frame: pd.DataFrame) -> Any:
    # Of pandas, since JSON has no NaN; 15 decimals are the most that it writes.
    return json.loads(frame.to_json(orient="records", double_precision=15))
