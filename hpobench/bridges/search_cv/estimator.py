"""``hpobench.SearchCV``, a search of scikit-learn's with any searcher and scheduler."""

from __future__ import annotations

import functools
import numbers
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval, StrOptions

from hpobench.bridges.search_cv import private
from hpobench.bridges.search_cv import search as searching
from hpobench.bridges.search_cv import search_space as spaces
from hpobench.bridges.search_cv.candidate import CandidateProblem
from hpobench.bridges.search_cv.kept_search import identity, kept_identity, search_folder
from hpobench.bridges.search_cv.resource import Resource, find_resource
from hpobench.bridges.search_cv.task import Task
from hpobench.contract.errors import SpaceError
from hpobench.contract.problem import check_one_objective
from hpobench.contract.space import Space
from hpobench.evidence.advice import advise
from hpobench.evidence.archive import read_archive, shipped
from hpobench.evidence.question import Spending, of_space
from hpobench.evidence.recommendation import Recommendation, ready
from hpobench.plugins.building import build_scheduler
from hpobench.plugins.registry import Registry


class SearchCV(private.BaseSearch):  # type: ignore[misc]
    """Search an estimator's parameters with cross-validation, by any searcher and scheduler.

    >>> from scipy.stats import loguniform
    >>> search = hpobench.SearchCV(
    ...     SVC(), {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-4, 1)}, random_state=0
    ... )
    >>> search.fit(X, y).best_params_

    It is a search like ``RandomizedSearchCV``, whose arguments and attributes mean the same here:
    ``estimator``, ``scoring``, ``refit``, ``cv``, ``n_jobs``, ``random_state``, ``error_score``,
    ``return_train_score``, ``verbose``.

    A scheduler stops poor candidates early: they are scored with 1/9, 1/3 and all of a resource
    (``resource_``), which is found in the estimator: passes over the data (``partial_fit``), trees
    or boosting rounds (``n_estimators``), iterations (``max_iter``), or else rows of the data. A
    candidate that is ``completed`` is fitted by the estimator's own ``fit``, or has grown to the
    same model with ``warm_start``; the best one is chosen among these.

    :param space: a dict of distributions and lists as for ``RandomizedSearchCV``, or a
        :class:`hpobench.Space` of the estimator's parameters. A list of dicts is for ``random``.
    :param searcher: a name of ``hpobench list searchers``, or with options
        ``{"name": NAME, option: value}``. ``random`` with a dict tries what ``RandomizedSearchCV``
        tries. A library that needs an environment of its own gets one on first use. ``auto`` takes
        the best by the evidence that hpobench ships, for the space, the scheduler and the number
        of candidates, among those whose libraries are at hand; ``searcher_`` names it. What
        :func:`hpobench.recommend` returns brings its scheduler along, and ``scheduler`` is not
        used.
    :param scheduler: a name of ``hpobench list schedulers``, or one with options; ``fifo`` lets
        every candidate train to the end.
    :param start: the first candidates, as a list of dicts of parameters, or ``portfolio``: five
        that do well on other data, for the estimators and parameters that ``hpobench.portfolio``
        knows, such as XGBoost's. The searcher learns from them. ``random`` then draws from the
        space as other searchers do.
    :param n_trials: the number of candidates.
    :param timeout: no candidate begins after so many seconds; those under way are finished.
    :param n_jobs: candidates that train at once, each in one process. One trains in this process,
        several in those of a Ray that is started for the search.
    :param resume: a folder that keeps the results, so that a search that was killed goes on there
        when it is called again. Other than with one job, what is proposed after that may differ.
    :param ray_address: a Ray cluster to train on, or ``auto``.

    Ctrl-C ends the search, and the best candidate so far is fitted and kept.

    :ivar cv_results_: as of ``RandomizedSearchCV``, and for each candidate its ``status``
        (completed, stopped, failed, cut), the ``resource`` it was scored with last, the ``share``
        of the whole that this is, and the ``clock``, seconds from the start of the search.
    :ivar searcher_: the name of the searcher.
    :ivar resource_: the name of the resource; ``None`` if every candidate is fitted as a whole.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **private.CONSTRAINTS,
        "space": "no_validation",  # what is wrong with it is said with the key
        "searcher": [str, Mapping, Recommendation],
        "scheduler": [str, Mapping],
        "start": [StrOptions({spaces.PORTFOLIO}), list, tuple, None],
        "n_trials": [Interval(numbers.Integral, 1, None, closed="left")],
        "timeout": [Interval(numbers.Real, 0, None, closed="neither"), None],
        "random_state": ["random_state"],
        "error_score": [StrOptions({"raise"}), numbers.Real],
        "resume": [str, Path, None],
        "ray_address": [str, None],
    }

    def __init__(
        self,
        estimator: Any,
        space: Any,
        *,
        searcher: searching.Named | Recommendation = "optuna-tpe",
        scheduler: searching.Named = "asha",
        start: str | Sequence[Mapping[str, Any]] | None = None,
        n_trials: int = 50,
        timeout: float | None = None,
        scoring: Any = None,
        refit: bool | str | Callable[..., int] = True,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        verbose: int = 0,
        resume: str | Path | None = None,
        ray_address: str | None = None,
    ) -> None:
        self.estimator, self.space = estimator, space
        self.searcher, self.scheduler, self.start = searcher, scheduler, start
        self.n_trials, self.timeout = n_trials, timeout
        self.scoring, self.refit, self.cv = scoring, refit, cv
        self.n_jobs, self.random_state = n_jobs, random_state
        self.error_score, self.return_train_score = error_score, return_train_score
        self.verbose, self.resume, self.ray_address = verbose, resume, ray_address

    def _validate_params(self) -> None:
        check_one_objective(refit=self.refit)
        super()._validate_params()

    @private.fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, **params: Any) -> SearchCV:
        """Search, and fit the best candidate to all data unless ``refit`` is false.

        ``params`` go to the estimator's ``fit``, to the scorers and to the splitter, as in
        scikit-learn's searches.

        Raises ``ValueError`` for what is wrong with the arguments, and if all fits fail.
        """
        scorers, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        params = private.check_fit_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        self.n_splits_ = cv.get_n_splits(X, y, **routed.splitter.split)
        splits = list(cv.split(X, y, **routed.splitter.split))
        if len(splits) != self.n_splits_ or not splits:
            raise ValueError(
                f"cv.split gives {len(splits)} splits and cv.get_n_splits {self.n_splits_}"
            )
        fitting = {
            "scorer": scorers,
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "return_train_score": self.return_train_score,
            "error_score": self.error_score,
            "verbose": max(self.verbose - 1, 0),
        }
        metric = self.refit if isinstance(self.refit, str) else None
        task = Task(clone(self.estimator), X, y, splits, fitting, metric, sklearn.get_config())
        results = self._results(self._search(task))
        if self.multimetric_ and callable(self.scoring):
            refit_metric = self.refit
        data = (X,) if y is None else (X, y)
        self._take_best(results, refit_metric, data, routed.estimator.fit)
        self.scorer_ = getattr(scorers, "_scorers", scorers)
        self.cv_results_ = results
        return self

    def _search(self, task: Task) -> list[searching.Tried]:
        """The candidates with their scores, and ``KeyboardInterrupt`` if there are none yet."""
        workers = private.effective_n_jobs(self.n_jobs)
        chosen = self._algorithm(task, workers)
        problem = self._problem(task, chosen)
        space = problem.search_space
        points = spaces.starting_points(self.start, task.estimator, space, self.n_trials)
        self.searcher_ = chosen.searcher.label
        self.resource_ = problem.resource.name if problem.resource else None
        folder = search_folder(None, {})
        if self.resume is not None:
            same = identity(self, task, chosen, points)
            folder = search_folder(Path(self.resume), same)
        with searching.shown(problem, self.n_trials, verbose=self.verbose) as progress:
            address = self.ray_address
            search = searching.Search(problem, chosen, points, workers, address, folder, progress)
            try:
                search.finish()
            except KeyboardInterrupt:
                if not search.tried:
                    raise
                warnings.warn(
                    f"interrupted: the search ends with {len(search.tried)} of {self.n_trials} "
                    "candidates",
                    stacklevel=3,
                )
        return search.tried

    def _algorithm(self, task: Task, workers: int) -> searching.ChosenAlgorithm:
        seed = None
        if self.resume is not None and self.random_state is None:
            seed = (kept_identity(Path(self.resume)) or {}).get("seed")
        if seed is None:
            # A copy, because the candidates of random search are drawn from the same state.
            state = check_random_state(self.random_state)
            if isinstance(self.random_state, np.random.RandomState):
                state = clone(state, safe=False)
            seed = int(state.randint(2**31 - 1))
        named = functools.partial(
            searching.algorithm, trials=self.n_trials, timeout=self.timeout, seed=seed
        )
        if isinstance(self.searcher, Recommendation):
            return named(self.searcher.searcher, self.searcher.scheduler)
        if self.searcher != "auto":
            return named(self.searcher, self.scheduler)
        problem = self._problem(task, usual := named("optuna-tpe", self.scheduler))
        archive, scheduler = read_archive(shipped()), usual.scheduler.label
        spending = Spending(float(self.n_trials), workers=workers, steps=problem.fidelity.steps)
        # A scheduler without evidence does not count.
        under = {scheduler} if scheduler in archive.schedulers else None
        hand = ready(archive, Registry())[0]
        advice = advise(archive, of_space(problem.space, spending), hand, under)
        return named(Recommendation(advice, archive).searcher, self.scheduler)

    def _problem(self, task: Task, chosen: searching.ChosenAlgorithm) -> CandidateProblem:
        spaces.check_space(self.space)
        parts = [self.space] if isinstance(self.space, Mapping) else self.space
        search_space: spaces.SearchSpace
        if isinstance(self.space, Space):
            search_space = spaces.SearchSpace(self.space)
        elif chosen.searcher.name == "random" and self.start is None:
            state = chosen.seed if self.random_state is None else self.random_state
            search_space = spaces.Drawn(self.space, self.n_trials, state)
        elif len(parts) > 1:
            raise SpaceError(
                "space is a list of dicts, which only searcher='random' without a start can "
                f"search; give {chosen.searcher.name} one dict, or a hpobench.Space with conditions"
            )
        else:
            search_space = spaces.Distributions(parts[0])
        # scikit-learn raises here if the space names no parameter of the estimator.
        middle = search_space.space.from_unit([0.5] * len(search_space.space))
        clone(task.estimator).set_params(**clone(search_space.params(middle), safe=False))
        resource: Resource | None = None
        wants_steps = chosen.claims("multi_fidelity") or chosen.claims("schedules_itself")
        if wants_steps or build_scheduler(chosen.scheduler).needs_fidelity:
            fit_params = bool(task.fitting["fit_params"])
            resource = find_resource(task.estimator, task.y, fit_params=fit_params)
        steps = resource.most_steps(task) if resource else 1
        return CandidateProblem(task, search_space, resource if steps > 1 else None, steps)

    def _results(self, tried: Sequence[searching.Tried]) -> dict[str, Any]:
        """``cv_results_``; raises ``ValueError`` if all fits failed."""
        if not tried:
            raise ValueError("no candidate was tried: the space or the searcher has none to offer")
        fits = [fit for one in tried for fit in one.fits]
        private.warn_or_raise(fits, self.error_score)
        if callable(self.scoring):
            private.insert_error_scores(fits, self.error_score)
        first = fits[0]["test_scores"]
        self.multimetric_ = isinstance(first, dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(first)
        columns = ("status", "resource", "share", "clock")
        more = {name: [getattr(one, name) for one in tried] for name in columns}
        params = [one.params for one in tried]
        results: dict[str, Any] = self._format_results(params, self.n_splits_, fits, more)
        return results

    def _take_best(
        self, results: dict[str, Any], refit_metric: Any, data: Sequence[Any], fit_params: Any
    ) -> None:
        if not self.multimetric_ or self.refit:
            if callable(self.refit):
                best = int(self._select_best_index(self.refit, refit_metric, results))
            else:
                # Scores with less of the resource are not comparable.
                whole = np.flatnonzero(results["share"] == results["share"].max())
                best = int(whole[results[f"rank_test_{refit_metric}"][whole].argmin()])
                self.best_score_ = results[f"mean_test_{refit_metric}"][best]
            self.best_index_, self.best_params_ = best, results["params"][best]
        if self.refit:
            # Parameters may be estimators themselves.
            params = clone(self.best_params_, safe=False)
            self.best_estimator_ = clone(self.estimator).set_params(**params)
            begin = time.perf_counter()
            self.best_estimator_.fit(*data, **fit_params)
            self.refit_time_ = time.perf_counter() - begin
            if hasattr(self.best_estimator_, "feature_names_in_"):
                self.feature_names_in_ = self.best_estimator_.feature_names_in_
