"""The search spaces of HPO-B, and the columns of its arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hpobench.api import Categorical, Float, Parameter, Space, When

DEFAULT = ".na"
"""The end of a column that is 1 where the parameter was not set."""
LEFT_OUT = ("nthread",)
"""Parameters that do not change what is learned."""

_RPART = "minsplit minsplit.na minbucket cp maxdepth maxdepth.na"
_SVM = "cost gamma gamma.na degree degree.na kernel=radial kernel=linear kernel=polynomial"
_GLMNET = "alpha lambda"
_XGBOOST = (
    "eta max_depth max_depth.na min_child_weight min_child_weight.na subsample colsample_bytree "
    "colsample_bytree.na colsample_bylevel colsample_bylevel.na lambda alpha nrounds nrounds.na "
    "booster=gbtree booster=gblinear"
)
_XGBOOST_2 = (
    "eta subsample lambda alpha nthread nthread.na nrounds nrounds.na max_depth max_depth.na "
    "min_child_weight min_child_weight.na colsample_bytree colsample_bytree.na colsample_bylevel "
    "colsample_bylevel.na booster=gbtree booster=gblinear"
)
_RANGER = (
    "num.trees num.trees.na mtry sample.fraction min.node.size min.node.size.na replace=FALSE "
    "replace=TRUE respect.unordered.factors=FALSE respect.unordered.factors=TRUE"
)
_RANGER_2 = (
    "num.trees num.trees.na mtry min.node.size sample.fraction respect.unordered.factors=FALSE "
    "respect.unordered.factors=TRUE replace=FALSE replace=TRUE"
)
_COLUMNS = {
    "4796": "minsplit minbucket cp",
    "5527": _SVM,
    "5636": _RPART,
    "5859": _RPART,
    "5889": "num.trees num.trees.na mtry sample.fraction replace=FALSE replace=TRUE",
    "5891": _SVM,
    "5906": _XGBOOST,
    "5965": _RANGER,
    "5970": _GLMNET,
    "5971": _XGBOOST,
    "6766": _GLMNET,
    "6767": _XGBOOST_2,
    "6794": _RANGER,
    "7607": _RANGER_2,
    "7609": _RANGER_2,
}
COLUMNS: Mapping[str, Sequence[str]] = {k: text.split() for k, text in _COLUMNS.items()}
"""The columns of each search space in the order of its arrays, without the accuracy.

``a=b`` is 1 where the category ``a`` is ``b``. HPO-B says INVALID where a run did not set a
category. That is the learner's default: a radial kernel, which alone has a gamma; trees, which
alone have a depth; sampling with replacement; and factors that are not respected.
"""

_CONDITIONS = {
    "gamma": When("kernel", ("radial",)),
    "degree": When("kernel", ("polynomial",)),
    **dict.fromkeys(
        ("max_depth", "min_child_weight", "colsample_bytree", "colsample_bylevel"),
        When("booster", ("gbtree",)),
    ),
}
_LOWEST = {
    "5527": {"gamma": 0.147},
    "5889": {"num.trees": 0.613},
    "5891": {"gamma": 0.048},
    "5906": {"min_child_weight": 0.656, "colsample_bytree": 0.553, "nrounds": 0.61},
    "5965": {"num.trees": 0.547, "min.node.size": 0.462},
    "5971": {"min_child_weight": 0.655},
}
"""The lower bounds where no run set a number to less.

HPO-B enters 0 for a number that was not set, and made its scale from these zeros too; on a
logarithmic scale, there is nothing between them and the others.
"""


def space_of(search_space: str) -> Space:
    """The space for the runs of ``search_space``: first the categories, then the numbers."""
    columns = COLUMNS[search_space]
    return Space([*_categories(columns), *_numbers(columns, _LOWEST.get(search_space, {}))])


def _categories(columns: Sequence[str]) -> Iterator[Parameter]:
    choices: dict[str, list[str]] = {}
    for column in columns:
        name, equal, choice = column.partition("=")
        if equal:
            choices.setdefault(name, []).append(choice)
    for name, known in choices.items():
        yield Categorical(name, tuple(known))


def _numbers(columns: Sequence[str], lowest: Mapping[str, float]) -> Iterator[Parameter]:
    for name in columns:
        if "=" not in name and not name.endswith(DEFAULT) and name not in LEFT_OUT:
            yield Float(name, lowest.get(name, 0.0), 1.0, when=_CONDITIONS.get(name))
