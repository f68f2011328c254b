"""Portfolios: few configurations that do well on the data sets of a problem class.

``hpobench portfolio NAME --make`` writes the file of a class, ``portfolios/NAME.json``, in the
folder of its plugin or the one above:

    {"problem": NAME, "version": 1, "made": {...}, "space": [...], "configs": [[...], ...],
     "all": [3, 0, ...], "without": {DATA SET: [5, 0, ...], ...}}

``configs`` holds the values of each configuration in the space's order, ``null`` for an inactive
parameter. ``all`` is the portfolio of all members, best first, as positions among the
configurations. ``without`` has, for each data set, the portfolio that was chosen without it: the
only one that a search on this data set may use. ``made`` says how, from which data, under which
licence. ``problems/portfolios/_models.json`` says which model a class tunes, the defaults of the
model's library, and how its estimators call the parameters.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpobench.contract.errors import (
    NotAvailableError,
    PluginError,
    SpaceError,
    StoreError,
    UnknownNameError,
    UsageError,
)
from hpobench.contract.files import read_whole
from hpobench.contract.frozen import folder_of
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.contract.parameters import Float, Int, Parameter, Value
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config, Space
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.suite_keys import SIZE

FOLDER = "portfolios"
SHIPPED = PLUGIN_FOLDERS["problems"] / FOLDER
"""The folder of the shipped portfolios and of what they rest on."""
_RECOGNISED = 3
"""Parameters by whose names a model is recognised."""
_DAMAGE = (StoreError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading raises if a file does not hold what it should, or is no plain file."""


@dataclass(frozen=True)
class Portfolio:
    """A file of portfolios."""

    problem: str
    version: int
    made: Mapping[str, str]
    space: Space
    configs: tuple[Config, ...]
    whole: tuple[int, ...]
    without: Mapping[str, tuple[int, ...]]

    def first(self, k: int, data_set: str | None = None) -> list[Config]:
        """The first ``k`` configurations, chosen without ``data_set`` if it is one of the
        portfolio's; raises :class:`UsageError` if there are fewer."""
        chosen = self.whole
        if data_set is not None:
            # A data set of just this name comes before one of the same with an option.
            names = sorted(self.without, key=lambda name: name != data_set)
            same = next((name for name in names if same_data_set(name, data_set)), None)
            chosen = self.whole if same is None else self.without[same]
        if not 1 <= k <= len(chosen):
            raise UsageError(
                f"the portfolio of {self.problem} has {len(chosen)} configurations, not {k}"
            )
        return [dict(self.configs[i]) for i in chosen[:k]]


@dataclass(frozen=True)
class Model:
    """What ``_models.json`` says of a model."""

    name: str
    portfolio: str
    """The problem class with the portfolio of this model."""
    fits: tuple[str, ...] = ()
    """Further problem classes whose spaces hold this portfolio."""
    problems: tuple[str, ...] = ()
    """The problem classes that tune it, to which the default applies."""
    default: Mapping[str, Value] = field(default_factory=dict)
    """The values that its library takes, by the names that these problems give the parameters."""
    source: str = ""
    """Where the default is from."""
    estimators: tuple[str, ...] = ()
    """The classes with scikit-learn's interface."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The names of these classes for the parameters of the portfolio."""


def portfolio_of(problem: Problem, k: int) -> list[Config]:
    """The ``k`` configurations with which a search on ``problem`` may start, best first.

    They were chosen without the problem's own data set. Raises :class:`NotAvailableError` if its
    class has no portfolio, and :class:`UsageError` if that has fewer configurations or is for
    another space.
    """
    file = file_of_class(type(problem))
    if not file.is_file():
        model = next((one for one in models().values() if problem.name in one.fits), None)
        if model is None:
            raise NotAvailableError(
                f"problem {problem.name} has no portfolio; there are "
                f"{', '.join(shipped_portfolios())}"
            )
        file = SHIPPED / f"{model.portfolio}.json"
    found = read_portfolio(file)
    configs = found.first(k, data_set_of(problem.name, problem.key))
    for config in configs:
        try:
            problem.space.check(config)
        except SpaceError as error:
            raise UsageError(
                f"{problem.name} {problem.key}: the portfolio of {found.problem} is for another "
                f"space: {error}"
            ) from None
    return configs


def portfolio(name: str, k: int = SIZE) -> list[Config]:
    """The ``k`` configurations that do well on many data sets, best first.

    >>> hpobench.portfolio("xgboost", k=1)
    [{'num.impute.selected.cpo': ..., 'nrounds': ..., 'lambda': ..., ...}]

    :param name: a problem class, such as ``lcbench-pool``, or a model, such as ``xgboost``;
        ``hpobench portfolio`` lists both.

    The parameters have the names of the problem class. Raises :class:`UsageError` for an unknown
    name, and if there are fewer configurations.
    """
    return read_portfolio(find_file(name)).first(k)


def default_of(problem: Problem) -> Config:
    """The default configuration of the library of ``problem``'s model, as near as its space allows.

    Parameters without a default, and problems without a library, take the middle of the space.
    """
    model = model_of(problem.name)
    values = model.default if model else {}
    config: dict[str, Value] = {}
    for parameter in problem.space:
        value = values.get(parameter.name)
        near = None if value is None else fitted(parameter, value)
        config[parameter.name] = parameter.from_unit(0.5) if near is None else near
    return problem.space.build(config)


def related(cls: type[Problem], key: str, other: str) -> bool:
    """Whether the members ``key`` and ``other`` of ``cls`` stem from the same data set."""
    return same_data_set(data_set_of(cls.name, key), data_set_of(cls.name, other))


def find_file(name: str, plugins: Sequence[Path] = ()) -> Path:
    """The file of the portfolio ``name``, a model or a problem class, also one of ``plugins``.

    Raises :class:`UnknownNameError` if there is none.
    """
    if name in shipped_portfolios():
        return SHIPPED / f"{name}.json"
    if name in models():
        return SHIPPED / f"{models()[name].portfolio}.json"
    for entry in Registry(plugins).entries("problem"):
        file = folder_of(entry.file, FOLDER) / f"{name}.json"
        if entry.name == name and file.is_file():
            return file
    raise UnknownNameError("portfolio", name, [*shipped_portfolios(), *models()])


def shipped_portfolios() -> list[str]:
    """The problem classes whose portfolios come with hpobench."""
    return sorted(file.stem for file in SHIPPED.glob("[!_]*.json"))


def file_of_class(cls: type[Problem]) -> Path:
    """Where the portfolios of the problem class ``cls`` belong."""
    return folder_of(Path(inspect.getfile(cls)), FOLDER) / f"{cls.name}.json"


@functools.cache
def read_portfolio(file: Path) -> Portfolio:
    """The portfolio in ``file``; raises :class:`PluginError` if it is missing or damaged."""
    try:
        return parse_portfolio(json.loads(read_whole(file)))
    except (OSError, *_DAMAGE) as error:
        raise PluginError(
            f"{file}: not a file of portfolios ({type(error).__name__}: {error}); get it anew, or "
            "remove it and run `hpobench portfolio NAME --make`"
        ) from error


def parse_portfolio(stored: Mapping[str, Any]) -> Portfolio:
    """The portfolio that is ``stored`` as JSON; raises what wrong content raises."""
    space = Space.from_json(stored["space"])
    configs = [
        {name: value for name, value in zip(space.names, row, strict=True) if value is not None}
        for row in stored["configs"]
    ]
    for config in configs:
        space.check(config)
    return Portfolio(
        problem=str(stored["problem"]),
        version=int(stored["version"]),
        made={str(key): str(text) for key, text in stored["made"].items()},
        space=space,
        configs=tuple(configs),
        whole=_rows(stored["all"], len(configs)),
        without={str(name): _rows(rows, len(configs)) for name, rows in stored["without"].items()},
    )


def _rows(rows: Sequence[Any], number: int) -> tuple[int, ...]:
    if not all(type(row) is int and 0 <= row < number for row in rows):
        raise ValueError("a position of no configuration")
    return tuple(rows)


def model_of(problem: str) -> Model | None:
    """The model that the problem class ``problem`` tunes, if its library has a default."""
    return next((model for model in models().values() if problem in model.problems), None)


def model_with(names: Iterable[str]) -> Model | None:
    """The model with estimators whose parameters have most of these ``names``, three at least.

    They may be the names of its estimators, also in a pipeline, or those of its portfolio.
    """
    own = {name.rpartition("__")[2] for name in names}

    def known(model: Model) -> int:
        return len(own & {*model.parameters, *model.parameters.values()})

    best = max((model for model in models().values() if model.estimators), key=known)
    return best if known(best) >= max(_RECOGNISED, len(own) / 2) else None


@functools.cache
def models() -> Mapping[str, Model]:
    """All models by name."""
    stored = json.loads((SHIPPED / "_models.json").read_text("utf-8"))
    found = {}
    for name, fields in stored.items():
        whole: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()
        }
        found[name] = Model(name, **whole)
    return found


def data_set_of(problem: str, key: str) -> str:
    """The name of the data set behind the member ``key`` of the problem class ``problem``.

    It is in lower case with hyphens. A data set without a name is called by its id of OpenML.
    ``_datasets.json`` names the data sets that several problems share: by the ids of OpenML that
    some problems have as keys, and by the relations between names (``relatives``). Data sets that
    were made from another one count as that one.
    """
    known = _known()
    vocabulary = known["keys"].get(problem)
    name = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")
    if vocabulary is not None and (number := re.match(r"\d+", key)):
        name = known[vocabulary].get(number[0], f"{vocabulary[:-1]} {number[0]}".replace(" ", "-"))
    # Keys may end with an option, as in `digits-original`.
    parts = name.split("-")
    begins = ("-".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((known["relatives"][b] for b in begins if b in known["relatives"]), name)


def same_data_set(one: str, other: str) -> bool:
    """Whether two names of :func:`data_set_of` mean the same data, perhaps with an option."""
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


@functools.cache
def _known() -> Mapping[str, Any]:
    known: dict[str, Any] = json.loads((SHIPPED / "_datasets.json").read_text("utf-8"))
    return known


def fitted(parameter: Parameter, value: Value) -> Value | None:
    """The value of ``parameter`` that is nearest to ``value``; ``None`` if none is comparable.

    Among numbers it is the one with the least ratio if all are positive, else the least distance.
    """
    if isinstance(parameter, Float | Int):
        if isinstance(value, str | bool):
            return None
        inside = min(max(value, parameter.low), parameter.high)
        return round(inside) if isinstance(parameter, Int) else float(inside)
    if parameter.contains(value):
        return value
    numbers = [choice for choice in parameter.choices if _is_number(choice)]
    if not (numbers and _is_number(value)):
        return None
    place = math.log if all(float(number) > 0 for number in (*numbers, value)) else float
    return min(numbers, key=lambda number: abs(place(float(number)) - place(float(value))))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
