"""hpobench compares hyper-parameter-optimisation algorithms on Ray Tune.

>>> import hpobench
>>> results = hpobench.run("quick")
>>> results.standings()

Everything public is listed in ``__all__``: the verbs, what they take and return, the errors that
they raise, and the contract of plugins. Plugin files import :mod:`hpobench.api` instead, which
imports nothing but the standard library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hpobench.contract.package import VERSION as __version__
from hpobench.contract.package import mount

if TYPE_CHECKING:
    from hpobench.api import (
        Budget,
        Categorical,
        Config,
        Curve,
        Exhausted,
        Fidelity,
        Float,
        FunctionProblem,
        Int,
        NothingYet,
        Objective,
        Ordinal,
        Parameter,
        Problem,
        Reference,
        Resources,
        Scheduler,
        Searcher,
        Space,
        TabulatedProblem,
        TrainedProblem,
        Training,
        When,
    )
    from hpobench.bridges.search_cv.estimator import SearchCV
    from hpobench.bridges.searchers import searcher
    from hpobench.contract.errors import (
        HpobenchError,
        NotAvailableError,
        PluginError,
        RayError,
        SpaceError,
        StoreError,
        SuiteError,
        TooFewError,
        TrialError,
        UnknownNameError,
        UsageError,
    )
    from hpobench.evidence.recommendation import Recommendation, recommend
    from hpobench.plugins.starting.portfolios import portfolio
    from hpobench.running.proof.verify_sample import Verification
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Suite, load_suite
    from hpobench.verbs import load, plan, report, run, verify
    from hpobench.verbs.results import SuiteResults

__all__ = [
    "Budget",
    "Categorical",
    "Config",
    "Curve",
    "Exhausted",
    "Fidelity",
    "Float",
    "FunctionProblem",
    "HpobenchError",
    "Int",
    "NotAvailableError",
    "NothingYet",
    "Objective",
    "Ordinal",
    "Parameter",
    "Plan",
    "PluginError",
    "Problem",
    "RayError",
    "Recommendation",
    "Reference",
    "Resources",
    "Scheduler",
    "SearchCV",
    "Searcher",
    "Space",
    "SpaceError",
    "StoreError",
    "Suite",
    "SuiteError",
    "SuiteResults",
    "TabulatedProblem",
    "TooFewError",
    "TrainedProblem",
    "Training",
    "TrialError",
    "UnknownNameError",
    "UsageError",
    "Verification",
    "When",
    "__version__",
    "load",
    "load_suite",
    "plan",
    "portfolio",
    "recommend",
    "report",
    "run",
    "searcher",
    "verify",
]

_HOMES = (
    "hpobench.verbs",
    "hpobench.contract.errors",
    "hpobench.api",
    "hpobench.suites.suite",
    "hpobench.suites.grid",
    "hpobench.verbs.results",
    "hpobench.running.proof.verify_sample",
    "hpobench.plugins.starting.portfolios",
    "hpobench.evidence.recommendation",
    "hpobench.bridges.searchers",
    "hpobench.bridges.search_cv.estimator",
)
"""Where the public names come from, the lightest module first."""

mount()


def __getattr__(name: str) -> Any:
    """Import a public name on its first use (PEP 562), so that the command line starts fast."""
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(home)
            if hasattr(module, name):
                return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
