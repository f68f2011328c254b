"""What plugins need beyond hpobench's own requirements, and the one command that installs it."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hpobench.contract.package import PACKAGE


def unmet(requirements: Sequence[Requirement], like: Collection[str] = ()) -> str | None:
    """Why ``requirements`` are not fulfilled here, by the first that is not, and the command that
    fulfils all of them; ``None`` if they are.

    Of several extras that bring them the one that is called like one of ``like`` is offered, or
    else the smallest. Raises :class:`ValueError` for a marker that cannot be evaluated.
    """
    reasons = {r: reason for r in requirements if (reason := _unmet(r)) is not None}
    if not reasons:
        return None
    wanted = {canonicalize_name(r.name) for r in reasons}
    everything = {canonicalize_name(r.name) for r in requirements}
    extras = {extra: names for extra, names in _extras().items() if wanted <= names}
    if extras:

        def preference(extra: str) -> tuple[bool, int, int]:
            names = extras[extra]
            return extra not in like, len(everything - names), len(names)

        what = f"'hpobench[{min(extras, key=preference)}]'"
    else:
        what = " ".join(f"'{_smallest_source(requirement)}'" for requirement in reasons)
    return f"{next(iter(reasons.values()))}; pip install {what}"


def _unmet(requirement: Requirement) -> str | None:
    """Why ``requirement`` is not fulfilled here; ``None`` if it is."""
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return None
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return f"needs {requirement}, it is not installed"
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return f"needs {requirement}, {version} is installed"


def _smallest_source(requirement: Requirement) -> str:
    """The smallest extra of hpobench that installs ``requirement``, or else the requirement."""
    name, found = canonicalize_name(requirement.name), _extras()
    extras = [extra for extra, names in found.items() if name in names]
    return f"hpobench[{min(extras, key=lambda e: len(found[e]))}]" if extras else str(requirement)


@functools.cache
def _extras() -> Mapping[str, frozenset[str]]:
    """The distributions that each extra of hpobench installs."""
    pyproject = PACKAGE.parent / "pyproject.toml"
    texts: dict[str, list[str]] = defaultdict(list)
    if pyproject.is_file():  # in a checkout, whose metadata may be those of an older one
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        texts |= project["optional-dependencies"]
    else:
        for text in importlib.metadata.requires("hpobench") or ():
            if match := re.search(r"""extra\s*==\s*["']([^"']+)["']""", text):
                texts[match[1]].append(text)
    extras = {
        extra: frozenset(canonicalize_name(Requirement(text).name) for text in needs)
        for extra, needs in texts.items()
    }
    # An extra that is made of others is never the smallest.
    return {extra: names for extra, names in extras.items() if "hpobench" not in names}
