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
        yield from _table(one, blocks=blocks)
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
    equal = compared.equal
    first = equal or compared.ranked[:1]
    others, names = compared.ranked[len(first) :], _names(first)
    if compared.seeds_needed is not None and others:
        few = "a single seed is" if compared.seeds == 1 else f"{compared.seeds} seeds are"
        has, it_is = ("share", "they are") if equal else ("has", "it is")
        return printable(
            f"{names} {has} the lowest regret so far, but {few} too few to say that {it_is} "
            f"better than the others: run {compared.seeds_needed} seeds or more."
        )
    tied = [one for one in others if one.standing == "tied"]
    worse, count = sum(one.standing == "behind" for one in others), len(others)
    parts = [f"Use any of {names}, which are equal" if equal else f"Use {names}"]
    if not others:
        parts = [f"{names} are equal"]
    elif len(tied) == count:
        parts = [f"Nothing did clearly better or worse than {names}"]
    elif tied:
        parts.append(f"{_names(tied)} did as well within chance")
    if others and worse == count:
        parts.append("the other one did worse" if count == 1 else f"all {count} others did worse")
    elif worse:
        parts.append(f"{worse} of {count} others did worse")
    if any(one.is_baseline for one in (*first, *tied)):
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


def _names(several: Sequence[Ranked]) -> str:
    """The first few of ``several``, each searcher once with its schedulers."""
    of: dict[str, list[Ranked]] = {}
    for one in several[:_NAMES]:
        of.setdefault(one.searcher, []).append(one)
    names = [
        " and ".join([own[0].name, *(one.scheduler for one in own[1:])]) for own in of.values()
    ]
    if (more := len(several) - _NAMES) > 0:
        names.append(f"{more} more")
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _table(compared: Compared, *, blocks: bool) -> Iterator[str]:
    ranked, regrets = compared.ranked, compared.regrets
    shown = [i for i, one in enumerate(ranked) if i < _ROWS or one.is_baseline]
    digits = max(7, *(len(regrets[i]) for i in shown))
    most = max(one.regret for one in ranked) or 1.0
    said = {i: _said(compared, ranked[i]) for i in shown}
    # What is left of the line by the other columns and the spaces between.
    room = min(_NAME, COLUMNS - digits - _BAR - max(map(len, said.values())) - 10)
    names = {i: _cut(printable(ranked[i].algorithm), room, "…" if blocks else "...") for i in shown}
    width = max(map(len, names.values()))
    for i in shown:
        bar = _bar(ranked[i].regret / most, blocks=blocks)
        yield f"{i + 1:>3}  {names[i]:<{width}} {regrets[i]:>{digits}}  {bar:<{_BAR}}  {said[i]}"
    if left := len(ranked) - len(shown):
        yield f"     and {left} more, {'which' if left > 1 else 'that'} the page shows"


def _said(compared: Compared, one: Ranked) -> str:
    if one in compared.equal:
        return "equal"
    behind = f"+{number(one.behind)}"
    words = {"behind": f"behind, {behind}", "unclear": f"{behind}, unclear"}
    return words.get(one.standing, one.standing)


def _cut(name: str, most: int, gap: str) -> str:
    """``name``, of which ``gap`` takes the middle if it has more than ``most`` characters."""
    head = (most - len(gap)) // 2
    tail = most - len(gap) - head
    return name if len(name) <= most else f"{name[:head]}{gap}{name[-tail:]}"


def _bar(share: float, *, blocks: bool) -> str:
    least = 1 if share > 0 else 0  # a bar of no length would say that there is no regret
    if not blocks:
        return "#" * max(round(share * _BAR), least)
    whole, rest = divmod(max(round(share * _BAR * 8), least), 8)
    return _EIGHTHS[-1] * whole + (_EIGHTHS[rest - 1] if rest else "")


def _wrapped(text: str) -> list[str]:
    # Labels have hyphens, and are searched for and copied as they stand.
    return textwrap.wrap(text, COLUMNS, break_on_hyphens=False)
