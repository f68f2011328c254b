"""The plugin contract: what a searcher, a scheduler and a problem are.

Standard library only. A plugin is one file with one class (or a few):

    from hpobench.api import Config, Searcher, Space

    class Mine(Searcher):
        '''One line that `hpobench list searchers` shows.'''

        name = "mine"
        requires = ("some-package>=1",)

        def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, greed: float = 0.5):
            ...

        def ask(self, trial: int) -> Config: ...
        def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None: ...

The class is found without importing the file, by its literal ``name``; import heavy libraries
inside ``__init__``, not at the top. The keyword arguments of ``__init__`` are the plugin's
options: a suite sets them by name and they are checked against their annotations.
"""

from __future__ import annotations

from hpobench.contract.algorithms import Exhausted, NothingYet, Scheduler, Searcher
from hpobench.contract.budget import Budget
from hpobench.contract.problem import (
    Curve,
    Fidelity,
    FunctionProblem,
    Objective,
    Plugin,
    Problem,
    Resources,
    TabulatedProblem,
    TrainedProblem,
    Training,
    first_loss,
)
from hpobench.contract.references import Reference
from hpobench.contract.space import (
    Categorical,
    Config,
    Float,
    Int,
    Ordinal,
    Parameter,
    Space,
    Value,
    When,
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
