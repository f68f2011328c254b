"""An answer in words: a ranked table with bars, and one sentence of advice."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from hpobench.contract.wording import number, printable
from hpobench.reporting.answer import Answer, Compared, RandomSearch, Ranked

COLUMNS = 80
_NAME, _BAR = 34, 12
"""The widest name of an algorithm, and the longest bar."""
_ROWS, _NAMES = 10, 3
"""How many algorithms the table has before the baseline, and a sentence names."""
_EIGHTHS = "▏▎▍▌▋▊▉█"


def can_draw(encoding: str | None) -> bool:
    """Whether text in ``encoding`` may have the blocks that bars are made of."""
    try:
        _EIGHTHS.encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):  # Python may not know the terminal's encoding
        return False
    return True


def lines(answer: Answer, *, blocks: bool) -> Iterator[str]:
    """The answer within :data:`COLUMNS`; without ``blocks`` it is plain ASCII, apart from names."""
    if answer.reason is not None:
        yield from _wrapped(" ".join(advice(answer)))
    for i, one in enumerate(answer.compared):
        title = f"{one.title}: " if len(answer.compared) > 1 else ""
        yield from [""] if i else []
        yield from _wrapped(
            f"{title}mean regret at the end of the budget, over {one.scope} (0 is the optimum, "
            "1 a typical random configuration)"
        )
        yield from _table(one.ranked, blocks=blocks)
        yield from _wrapped(advice_of(one))


def advice(answer: Answer) -> list[str]:
    """What to use, in a sentence for each comparison, or why nothing is advised."""
    if answer.reason is not None:
        return [printable(f"No advice: {answer.reason}.")]
    if len(answer.compared) == 1:
        return [advice_of(answer.compared[0])]
    return [f"{one.title}: {advice_of(one)}" for one in answer.compared]


def answer_json(answer: Answer | None) -> dict[str, Any]:
    """What verbs print of an answer for programs: its facts, and its sentences."""
    if answer is None:
        return {"answer": None, "advice": None}
    return {"answer": dataclasses.asdict(answer), "advice": advice(answer)}


def advice_of(compared: Compared) -> str:
    first, others = compared.ranked[0], compared.ranked[1:]
    if compared.seeds_needed is not None and any(one.behind > 0 for one in others):
        few = "a single seed is" if compared.seeds == 1 else f"{compared.seeds} seeds are"
        return printable(
            f"{first.name} has the lowest regret so far, but {few} too few to say that it is "
            f"better than the others: run {compared.seeds_needed} seeds or more."
        )
    tied = [one for one in others if one.standing == "tied"]
    worse, count = sum(one.standing == "behind" for one in others), len(others)
    parts = [f"Use {first.name}"]
    if len(tied) == count:
        parts = [f"Nothing did clearly better or worse than {first.name}"]
    elif tied:
        parts.append(f"{_names(tied)} did as well within chance")
    if worse == count:
        parts.append("the other one did worse" if count == 1 else f"all {count} others did worse")
    elif worse:
        parts.append(f"{worse} of {count} others did worse")
    if any(one.is_baseline for one in (first, *tied)):
        parts.append("nothing is shown to be better than random search")
    elif compared.random is not None:
        parts.append(_random(compared.random))
    return printable("; ".join(parts) + ".")


def _random(random: RandomSearch) -> str:
    goal = f"to come {1 - random.tolerance:.0%} of the way to the optimum"
    if random.low is None or random.high is None:
        return f"random search needed {number(random.times, 2)} times the budget {goal}"
    if random.low <= 1 <= random.high:
        return f"random search needs no clearly larger budget {goal}"
    about = "" if random.exact else "about "
    return f"random search needs {about}{number(random.times, 2)} times the budget {goal}"


def _names(tied: Sequence[Ranked]) -> str:
    """The first few of ``tied``, each searcher once with its schedulers."""
    of: dict[str, list[Ranked]] = {}
    for one in tied[:_NAMES]:
        of.setdefault(one.searcher, []).append(one)
    names = [
        " and ".join([own[0].name, *(one.scheduler for one in own[1:])]) for own in of.values()
    ]
    if (more := len(tied) - _NAMES) > 0:
        names.append(f"{more} more")
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _table(ranked: Sequence[Ranked], *, blocks: bool) -> Iterator[str]:
    rows = [
        (place, one)
        for place, one in enumerate(ranked, start=1)
        if place <= _ROWS or one.is_baseline
    ]
    names = [printable(one.algorithm) for _, one in rows]
    gap = "…" if blocks else "..."
    head = (_NAME - len(gap)) // 2
    tail = _NAME - len(gap) - head
    names = [n if len(n) <= _NAME else f"{n[:head]}{gap}{n[-tail:]}" for n in names]
    width, most = max(map(len, names)), max(one.regret for one in ranked) or 1.0
    for (place, one), name in zip(rows, names, strict=True):
        share = one.regret / most
        least = 1 if share > 0 else 0  # a bar of no length would say that there is no regret
        if blocks:
            whole, rest = divmod(max(round(share * _BAR * 8), least), 8)
            bar = _EIGHTHS[-1] * whole + (_EIGHTHS[rest - 1] if rest else "")
        else:
            bar = "#" * max(round(share * _BAR), least)
        behind = f"+{number(one.behind)}"
        words = {"behind": f"behind, {behind}", "unclear": f"{behind}, unclear"}
        said = words.get(one.standing, one.standing)
        yield f"{place:>3}  {name:<{width}} {number(one.regret):>7}  {bar:<{_BAR}}  {said}"
    if left := len(ranked) - len(rows):
        yield f"     and {left} more, {'which' if left > 1 else 'that'} the page shows"


def _wrapped(text: str) -> list[str]:
    # Labels have hyphens, and are searched for and copied as they stand.
    return textwrap.wrap(text, COLUMNS, break_on_hyphens=False)
