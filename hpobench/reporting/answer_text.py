"""An answer as lines of text: a ranked table with bars, and one sentence of advice."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

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
    except (LookupError, UnicodeEncodeError):
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


def advice_of(compared: Compared) -> str:
    first, others = compared.ranked[0], compared.ranked[1:]
    if compared.seeds_needed is not None and any(one.behind > 0 for one in others):
        few = "a single seed is" if compared.seeds == 1 else f"{compared.seeds} seeds are"
        return printable(
            f"{first.name} has the lowest regret so far, but {few} too few to say that it is "
            f"better than the others: run {compared.seeds_needed} seeds or more."
        )
    tied = [one for one in others if one.standing == "tied"]
    worse = sum(one.standing == "behind" for one in others)
    parts = [f"Use {first.name}"]
    if len(tied) == len(others):
        parts = [f"Nothing did clearly better or worse than {first.name}"]
    elif tied:
        parts.append(f"{_names(tied)} did as well within chance")
    if worse:
        parts.append(f"{_share(worse, len(others))} did worse")
    if any(one.is_baseline for one in (first, *tied)):
        parts.append("nothing is shown to be better than random search")
    elif compared.random is not None:
        parts.append(_random(compared.random))
    return printable("; ".join(parts) + ".")


def _share(worse: int, others: int) -> str:
    if worse == others:
        return "the other one" if others == 1 else f"all {others} others"
    return f"{worse} of {others} others"


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
    names = [_elided(printable(one.algorithm), blocks=blocks) for _, one in rows]
    width, most = max(map(len, names)), max(one.regret for one in ranked) or 1.0
    for (place, one), name in zip(rows, names, strict=True):
        bar = _bar(one.regret / most, blocks=blocks)
        regret = number(one.regret).rjust(7)
        yield f"{place:>3}  {name:<{width}} {regret}  {bar:<{_BAR}}  {_standing(one)}"
    if left := len(ranked) - len(rows):
        yield f"     and {left} more, {'which' if left > 1 else 'that'} the page shows"


def _standing(one: Ranked) -> str:
    behind = f"+{number(one.behind)}"
    return {"behind": f"behind, {behind}", "unclear": f"{behind}, unclear"}.get(
        one.standing, one.standing
    )


def _bar(share: float, *, blocks: bool) -> str:
    if not blocks:
        return "#" * max(round(share * _BAR), 1 if share > 0 else 0)
    whole, rest = divmod(max(round(share * _BAR * 8), 1 if share > 0 else 0), 8)
    return _EIGHTHS[-1] * whole + (_EIGHTHS[rest - 1] if rest else "")


def _elided(name: str, *, blocks: bool) -> str:
    """``name``; of a long one the beginning and the end."""
    if len(name) <= _NAME:
        return name
    gap = "…" if blocks else "..."
    head = (_NAME - len(gap)) // 2
    return f"{name[:head]}{gap}{name[head + len(gap) - _NAME :]}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, break_on_hyphens=False)
