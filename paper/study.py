"""What the paper is made of, as read from ``paper/study.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpobench.suites.suitefile import faults, joined
from hpobench.suites.yamlfile import read_yaml

_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Part(_Strict):
    """A suite of the study."""

    suite: Annotated[str, Field(min_length=1)]
    """A shipped suite's name, or a file beside ``study.yaml``."""
    quick: str | None = None
    """What ``--quick`` runs instead; by default the same."""
    quick_seeds: str | None = None
    """What seeds ``--quick`` runs; by default the suite's own. Without either, it leaves the part
    out."""


class Picture(_Strict):
    """A figure of the paper: one of the report of a part."""

    part: _Name
    figure: Annotated[str, Field(min_length=1)]
    """The name of its files in the report."""


class _StudyText(_Strict):
    parts: Annotated[dict[_Name, Part], Field(min_length=1)]
    figures: Annotated[dict[_Name, Picture], Field(min_length=1)]


@dataclass(frozen=True)
class Study:
    folder: Path
    """Of the paper's sources, in which suites and publications are found."""
    parts: dict[str, Part]
    figures: dict[str, Picture]

    def chosen(self, *, quick: bool) -> list[str]:
        """The parts that are run."""
        return [
            name for name, part in self.parts.items() if not quick or part.quick or part.quick_seeds
        ]

    def suite(self, part: str, *, quick: bool) -> str:
        """What ``hpobench run`` takes for ``part``."""
        text = self.parts[part].suite
        if quick and (instead := self.parts[part].quick):
            text = instead
        return str(self.folder / text) if text.endswith(".yaml") else text


def read_study(folder: Path) -> Study:
    """``study.yaml`` in ``folder``; raises :class:`UsageError` with all that is wrong, by line."""
    document = read_yaml(folder / "study.yaml")
    try:
        text = _StudyText.model_validate(document.value)
    except ValidationError as error:
        raise joined(faults(document, (), _StudyText, error)) from None
    for name, picture in text.figures.items():
        if picture.part not in text.parts:
            raise document.error(
                ("figures", name, "part"), f"no part {picture.part!r} among {', '.join(text.parts)}"
            )
    return Study(folder, dict(text.parts), dict(text.figures))
