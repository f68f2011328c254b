"""What searchers, schedulers, the budget and chance each do to the regret, in one model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.mixed_effects import GROUPS, design, mixed_model
from hpobench.analysis.inference.rank_tests import SHARES
from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.analysis.study import Study, each_of_families
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid
from hpobench.contract.errors import NotAvailableError
from hpobench.contract.wording import interval, listed, number

TITLE = "Mixed model"
STEM = "mixed_model"
SHOWS = (
    "What the searcher, the scheduler, the budget and chance each add to the regret. Below 0 an "
    "effect makes the result better."
)
TAB = "tests"

MOST_ROWS = 5_000
"""A report fits a model of so many regrets, which takes seconds; of 20,000 it would be minutes."""
DIGITS = 6  # decimals that are kept: those behind depend on the processor


def subjects(study: Study) -> list[Comparison]:
    """The comparisons on several families for which there is a model."""
    return [one for one in each_of_families(study) if not study.computed(reason, one)]


def reason(study: Study, comparison: Comparison) -> str:
    """Why a report has no model of ``comparison``; empty if it has one."""
    rows = int(comparison.curves.present.sum()) * len(SHARES)
    if rows > MOST_ROWS:
        return f"{rows:,} regrets would take minutes; hpobench.load(...).mixed_model() takes any"
    try:
        study.computed(table, comparison)
    except (NotAvailableError, ArithmeticError) as error:
        return str(error)
    return ""


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """``nr ~ searcher * scheduler + log10(share) + (1 | family / problem / seed)``, fitted to the
    ``nr`` of all runs at four shares of the budget.

    Columns ``effect, searcher, scheduler, estimate, low, high, p``. ``effect``: ``baseline``, which
    the others are differences from; ``searcher``, ``scheduler``, ``both`` (what they do beyond the
    sum of the two); ``budget``, of ten times as much. Last, with ``family``, ``problem``, ``seed``
    and ``rest``, the standard deviations of what chance adds, without interval.
    """
    from scipy import stats  # here, for processes that only draw import this module too

    curves, level = comparison.curves, study.settings.level
    # Effects are differences from the baseline, so that its algorithms come first.
    apart = [(a.searcher != SEARCHER, a.scheduler != SCHEDULER) for a in curves.algorithms]
    order = sorted(range(len(apart)), key=apart.__getitem__)
    labels, columns = design([curves.algorithms[a] for a in order])
    nr = normalised(curves)[order][..., curves.points(SHARES)]
    a, p, s, t = np.nonzero(~np.isnan(nr))
    families = np.array([study.families[name] for name in curves.problems], dtype=object)
    groups = pd.DataFrame({"family": families[p], "problem": p, "seed": s})
    budget = np.log10(SHARES)[t]
    found = mixed_model(nr[a, p, s, t], np.column_stack([columns[a], budget]), groups)
    first = curves.algorithms[order[0]]
    kinds = [
        "scheduler" if s is None else "both" if c else "searcher" for s, c in labels.to_numpy()
    ]
    baseline = pd.DataFrame([{"searcher": first.searcher, "scheduler": first.scheduler}])
    effects = pd.concat([baseline, labels, pd.DataFrame(index=[0])], ignore_index=True)
    effects.insert(0, "effect", ["baseline", *kinds, "budget"])
    estimate = found.effects["estimate"]
    reach = stats.norm.ppf(0.5 + level / 2) * found.effects["error"]
    effects = effects.assign(
        estimate=estimate, low=estimate - reach, high=estimate + reach, p=found.effects["p"]
    )
    spread = pd.DataFrame({"effect": found.spread.index, "estimate": found.spread.to_numpy()})
    return pd.concat([effects, spread], ignore_index=True).round(DIGITS)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves, families = comparison.curves, study.families_in(comparison)
    shares = listed([f"{share:.0%}" for share in SHARES])
    return (
        f"The linear mixed model is of the normalised regret of {phrases.algorithms(curves)} at "
        f"{shares} of the budget, over {phrases.families(families)}, of {phrases.suite(curves)}, "
        "by restricted maximum likelihood: searcher * scheduler + log10(budget) + (1 | family / "
        "problem / seed). Both is what a searcher and a scheduler do beyond the sum of the two. "
        "Spread is the standard deviation of what families, problems, seeds and all else add. In "
        f"brackets stand {study.settings.level:.0%} intervals of Wald, which are about these "
        "problems and narrower than those of resampled families, for the model takes effects to be "
        f"the same everywhere.{phrases.failures(curves)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    rows = []
    for _, row in table.iterrows():
        effect, p, cross = row["effect"], row["p"], f"{row['searcher']} + {row['scheduler']}"
        names = {
            "baseline": f"{cross}, all of the budget",
            "budget": "Ten times the budget",
            "both": f"Both: {cross}",
            **{name: f"Spread: {name}" for name in (*GROUPS, "rest")},
        }
        fields = [
            Field(names.get(effect) or str(row[effect])),
            Field(number(row["estimate"]), interval(row["low"], row["high"]), key=row["estimate"]),
            Field("" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}", key=p),
        ]
        rows.append(fields)
    return Grid(["Effect", "On nr", "p"], rows)
