"""The reproducibility checklist: questions as conferences ask, answered from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from hpobench.contract.wording import count, number
from hpobench.paper.facts import Facts, listed, some
from hpobench.plugins.registry import Registry

PLUGINS = ("searcher", "scheduler")
ERROR = 160
"""Characters of an error that an answer quotes."""


class Asked(NamedTuple):
    """A question of the checklist and its answer, in whole sentences."""

    topic: str
    question: str
    answer: str


def checklist(parts: Mapping[str, Facts], command: str) -> list[Asked]:
    """The checklist of the ``parts`` that were run; ``command`` repeats them."""
    return [Asked(*one) for one in _asked(parts, command)]


def _asked(parts: Mapping[str, Facts], command: str) -> Iterator[tuple[str, str, str]]:
    topic = "Experiments"
    yield topic, "What was run?", _runs(parts)
    yield topic, "Do all algorithms get the same problems, seeds and resources?", _fair(parts)
    yield (
        topic,
        "Which settings do the algorithms have, and how were they chosen?",
        _settings(parts),
    )
    yield topic, "Which versions of which libraries were used?", _libraries(parts)
    topic = "Data"
    yield topic, "Where do the problems come from, under which licences?", _licences(parts)
    yield topic, "Does the study use people or personal data?", _people(parts)
    topic = "Statistics"
    yield topic, "How many repetitions are there?", _each(parts, _repetitions)
    yield topic, "What do error bars show, and how far can they be trusted?", _intervals(parts)
    topic = "Resources"
    yield topic, "On which machines were the runs made?", _each(parts, lambda one: one.machines)
    yield topic, "What did the runs cost?", _each(parts, _cost)
    topic = "Failures"
    yield topic, "Which runs failed or are missing, and how do they count?", _each(parts, _failures)
    topic = "Repetition"
    yield topic, "Which commands repeat the study?", _commands(parts, command)
    yield topic, "Is a repetition exact?", _exact(parts)
    yield topic, "Are the numbers of the text those of the results?", _numbers()


def _each(parts: Mapping[str, Facts], answer: Callable[[Facts], str]) -> str:
    """One answer for each part; parts with the same answer are named together."""
    said: dict[str, list[str]] = {}
    for name, facts in parts.items():
        said.setdefault(answer(facts), []).append(name)
    return " ".join(f"{_capital(listed(names))}: {_ended(text)}" for text, names in said.items())


def _runs(parts: Mapping[str, Facts]) -> str:
    def told(one: Facts) -> str:
        kinds = ("searcher", "scheduler", "problem")
        counted = listed(count(one.cells[kind].nunique(), kind) for kind in kinds)
        return f"{counted}, {one.counts['runs']} runs with {one.counts['trials']} trials"

    return _each(parts, told)


def _fair(parts: Mapping[str, Facts]) -> str:
    def told(one: Facts) -> str:
        present = one.study.main_comparison().curves.present
        same = "the same seeds" if present.all() else "the same problems, not all the same seeds"
        budgets = listed(one.problems["budget"])
        workers = one.setting["Workers of a run"]
        return f"{same}, budgets ({budgets}) and numbers of workers ({workers})"

    return _each(parts, told)


def _settings(parts: Mapping[str, Facts]) -> str:
    ran = [one for facts in parts.values() for kind in PLUGINS for one in facts.plugins(kind)]
    own = dict.fromkeys(_with_options(*one) for one in ran if one[1])
    return (
        "Nothing was tuned on these problems. Where a suite of the study gives no option, the "
        "plugin's default holds, which is that of its library. All options: "
        f"{'; '.join(own) or 'none'}."
    )


def _with_options(name: str, options: Mapping[str, Any]) -> str:
    return f"{name} ({', '.join(f'{key}={value}' for key, value in sorted(options.items()))})"


def _libraries(parts: Mapping[str, Facts]) -> str:
    libraries = sorted({name for facts in parts.values() for name in facts.libraries})
    versions: dict[str, str] = {}
    for facts in parts.values():
        versions |= facts.versions
    own = ", ".join(f"{name} {version}" for name, version in versions.items())
    apart = "; searchers of others run in environments built from committed lock files: "
    return f"{own}{apart + ', '.join(libraries) if libraries else ''}."


def _licences(parts: Mapping[str, Facts]) -> str:
    entries = {entry.name: entry.attributes for entry in Registry().entries("problem")}
    names = {name for facts in parts.values() for name, _ in facts.plugins("problem")}
    said = []
    for name in sorted(names):
        attributes = entries.get(name, {})
        licence = attributes.get("licence") or "a formula, without data"
        said.append(f"{name}: {attributes.get('source') or 'no source stated'} ({licence}).")
    return " ".join(said)


def _people(parts: Mapping[str, Facts]) -> str:
    stages = {str(stage) for facts in parts.values() for stage in facts.cells["stage"].unique()}
    what = "replay recorded or modelled trainings" if stages == {"virtual"} else "train models"
    return f"No. The runs {what}, and nobody was asked or observed."


def _repetitions(facts: Facts) -> str:
    return f"{facts.setting['Seeds']} of every combination"


def _intervals(parts: Mapping[str, Facts]) -> str:
    first = next(iter(parts.values()))  # all have the report's settings
    return (
        f"{first.level} percentile bootstrap intervals of {first.repetitions} repetitions, which "
        "resample seeds within problems. If losses were normal, they would hold the truth in so "
        f"many cases: {_each(parts, lambda one: one.coverage)}"
    )


def _cost(facts: Facts) -> str:
    memory = float(facts.cells["peak_memory"].max()) / 1e6
    return (
        f"{_time(facts.computing_hours)} of one processor, for trainings that would take "
        f"{_time(facts.cost['evaluation_h'])}; at most {number(memory)} MB of memory a run"
    )


def _failures(facts: Facts) -> str:
    missing = len(set(facts.study.every.plan.get("cells", [])) - set(facts.cells["cell"]))
    gone = f"; {some(missing, 'planned run')} missing" if missing else ""
    failed = facts.cells[facts.cells["status"] != "done"]
    if failed.empty:
        return f"no run failed{gone}"
    why = listed(
        f"{searcher} ({count(len(rows), 'run')}: {_short(rows['error'].iloc[0])})"
        for searcher, rows in failed.groupby("searcher")
    )
    return (
        f"{count(len(failed), 'run')} of {facts.counts['runs']} failed and count as the median "
        f"random configuration: {why}{gone}"
    )


def _commands(parts: Mapping[str, Facts], command: str) -> str:
    suites = listed(facts.study.every.name for facts in parts.values())
    return (
        f"{command} runs the suites {suites} and sets this paper; python -m hpobench verify FOLDER "
        "--sample N runs N stored runs of a suite again and compares the bytes."
    )


def _exact(parts: Mapping[str, Facts]) -> str:
    stages = {str(stage) for facts in parts.values() for stage in facts.cells["stage"].unique()}
    if stages == {"virtual"}:
        return (
            "Yes: all runs are on a virtual clock, and the same suite, seeds and versions give the "
            "same bytes on any number of processors. The searchers' thinking alone is measured."
        )
    return "Runs that really train repeat up to the noise of training."


def _numbers() -> str:
    return (
        "Yes: every number and every ordering in the text is written from the stored results when "
        "the paper is set, and a test refuses digits in the source of the text."
    )


def _time(hours: float) -> str:
    return f"{number(hours, 2)} hours" if hours >= 1 else f"{number(60 * hours, 2)} minutes"


def _short(error: object) -> str:
    text = " ".join(str(error).split()) or "no message"
    return text if len(text) <= ERROR else f"{text[:ERROR]}..."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ended(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
