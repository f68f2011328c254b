"""``report/answer.json``: the answer of a report, and what the report was made of.

It tells whether a report is up to date, and who leads without computing anything anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from hpobench.contract.errors import StoreError
from hpobench.contract.files import is_regular, read_text, read_whole, write_whole
from hpobench.contract.package import VERSION
from hpobench.reporting.answer import Answer
from hpobench.reporting.answer_text import advice
from hpobench.store.format import index
from hpobench.store.write import provenance

FILE, PAGE = "answer.json", "index.html"
_LONGEST = 2**24
"""Bytes of the longest file that is read."""


def made_of(folder: Path) -> str:
    """A digest of what a report of the results in ``folder`` depends on: which cells there are and
    how each ended, the plan, the decision, and the version of hpobench."""
    found = hashlib.sha256(f"{VERSION} {provenance.commit()}".encode())
    for name in index.names(folder):
        if is_regular(path := folder / name):
            found.update(f"\n{name} ".encode() + hashlib.sha256(read_whole(path)).digest())
    return found.hexdigest()


def answer_json(answer: Answer | None) -> dict[str, Any]:
    """What verbs print of an answer for programs: its facts, and its sentences."""
    if answer is None:
        return {"answer": None, "advice": None}
    return {"answer": dataclasses.asdict(answer), "advice": advice(answer)}


def write_answer(report: Path, answer: Answer, made_of: str | None) -> None:
    """Write ``answer`` into the folder ``report``; ``made_of`` is ``None`` for a report that is not
    complete by itself."""
    content = {"made_of": made_of, "answer": dataclasses.asdict(answer)}
    text = json.dumps(content, indent=1, allow_nan=False)
    write_whole(report / FILE, f"{text}\n".encode(), flush=False)


def read_answer(report: Path) -> tuple[str | None, Answer]:
    """What the report in the folder ``report`` was made of, and its answer.

    Raises :class:`StoreError` if there is none that can be read.
    """
    from pydantic import TypeAdapter

    path = report / FILE
    try:
        content = json.loads(read_text(path, limit=_LONGEST))
        answer = TypeAdapter(Answer).validate_python(content["answer"])
        return content["made_of"], answer
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{path}: no readable answer ({error}); `hpobench report` writes it anew"
        ) from error


def up_to_date(folder: Path) -> Answer | None:
    """The answer of the report of the results in ``folder``; ``None`` unless there is a report that
    was made of these very results by this version."""
    report = folder / "report"
    if not (is_regular(report / PAGE) and is_regular(report / FILE)):
        return None
    try:
        key, answer = read_answer(report)
    except StoreError:
        return None  # the report is made anew
    return answer if key == made_of(folder) else None
