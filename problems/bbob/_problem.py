"""The base class of the three families of BBOB problems, which use the functions of ioh."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import itemgetter
from typing import Any, ClassVar

from hpobench.api import Config, Parameter, Space, TabulatedProblem
from hpobench.kit import UsageError

COST = (1.0,)
"""The seconds of an evaluation, which is a single step."""
LARGEST_DIMENSION = 40
"""COCO's largest dimension. In 80 dimensions, ioh's f19 does not reach f_opt at its x_opt."""
LAST_INSTANCE = 214_748
"""Beyond this instance, ioh's seeds overflow 32 bits, and its functions differ from COCO's."""


class BBOBProblem(TabulatedProblem):
    """A function of ioh, whose values equal COCO's; 1 s an evaluation.

    Losses are the function's values as COCO returns them. They include f_opt, a number between
    -1000 and 1000 that depends on the instance, so that searchers cannot know how far they are from
    the optimum. The optimum f_opt is exact, and regrets are COCO's precisions, ``f(x) - f_opt``.

    Raises :class:`UsageError` if the function, dimension or instance does not exist.
    """

    family = "bbob"
    requires = ("ioh>=0.4",)
    source = "https://coco-platform.org, as implemented in https://github.com/IOHprofiler"
    licence = "BSD-3-Clause"
    functions: ClassVar[tuple[int, ...]]
    dimensions: ClassVar[tuple[int, ...]] = (2, 5, 20)
    """The dimensions of the members that have frozen references."""

    def __init__(self, function: int, dimension: int, instance: int) -> None:
        if function not in self.functions:
            raise UsageError(
                f"{self.name}: functions are {self.functions[0]} to {self.functions[-1]}, "
                f"not {function}"
            )
        if not 2 <= dimension <= LARGEST_DIMENSION:
            raise UsageError(
                f"{self.name}: a dimension is 2 to {LARGEST_DIMENSION}, not {dimension}"
            )
        if not 1 <= instance <= LAST_INSTANCE:
            raise UsageError(f"{self.name}: an instance is 1 to {LAST_INSTANCE:,}, not {instance}")
        self.function, self.dimension, self.instance = function, dimension, instance
        self.space = Space([self._parameter(i, f"x{i}") for i in range(dimension)])
        self._values: Callable[[Config], tuple[Any, ...]] = itemgetter(*self.space.names)

    def _parameter(self, i: int, name: str) -> Parameter:
        raise NotImplementedError

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]]:
        return [
            {"function": function, "dimension": dimension, "instance": 1}
            for function in cls.functions
            for dimension in cls.dimensions
        ]

    @property
    def key(self) -> str:
        return f"f{self.function}-d{self.dimension}-i{self.instance}"

    @property
    def base(self) -> int:
        """The number of the noiseless function, 1 to 24."""
        return self.function

    @cached_property
    def _ioh(self) -> Any:
        """The noiseless function, which is called with a point.

        It cannot be pickled. Its statistics of calls take constant space and change no value.
        """
        from ioh import problem

        return problem.BBOB.create(self.base, self.instance, self.dimension)

    def optimum(self) -> tuple[float, str]:
        return float(self._ioh.optimum.y), "exact: f_opt of the instance, reached at its x_opt"
