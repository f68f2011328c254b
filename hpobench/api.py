"""The plugin contract: the base classes and data types of searchers, schedulers and problems.

It needs the standard library only. A plugin is one file with one class (or a few)::

    from hpobench.api import Config, Fidelity, Searcher, Space

    class Mine(Searcher):
        '''One line that `hpobench list searchers` shows.'''

        name = "mine"
        requires = ("some-package>=1",)

        def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, greed: float = 0.5):
            ...

        def ask(self, trial: int) -> Config: ...
        def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None: ...

The class is found by its literal ``name``, without importing the file; so import heavy libraries
inside ``__init__``, not at the top. The keyword arguments of ``__init__`` are the plugin's
options. A suite sets them by name, and they are checked against their annotations.
"""

from __future__ import annotations

from hpobench.contract.algorithms import Exhausted, NothingYet, Scheduler, Searcher
from hpobench.contract.cell import Budget
from hpobench.contract.frozen import Reference
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, Parameter, Value, When
from hpobench.contract.prior import Prior
from hpobench.contract.problem import Curve, Fidelity, Objective, Plugin, Problem, TabulatedProblem
from hpobench.contract.space import Config, Space
from hpobench.contract.training import (
    FunctionProblem,
    Resources,
    TrainedProblem,
    Training,
    first_loss,
)

__all__ = [
    "Budget",
    "Categorical",
    "Config",
    "Curve",
    "Exhausted",
    "Fidelity",
    "Float",
    "FunctionProblem",
    "Int",
    "NothingYet",
    "Objective",
    "Ordinal",
    "Parameter",
    "Plugin",
    "Prior",
    "Problem",
    "Reference",
    "Resources",
    "Scheduler",
    "Searcher",
    "Space",
    "TabulatedProblem",
    "TrainedProblem",
    "Training",
    "Value",
    "When",
    "first_loss",
]
