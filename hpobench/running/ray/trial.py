"""Ray's trial without files, so that it costs next to nothing."""

from __future__ import annotations

from typing import Any

from ray.tune import CheckpointConfig
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.experiment import Trial as _Trial
from ray.tune.trainable.metadata import _TrainingRunMetadata


class Storage:
    """Answers what Ray asks of a trial's storage, though nothing is stored."""

    experiment_dir_name = "hpobench"
    trial_dir_name = "trial"

    def _update_checkpoint_index(self, metrics: dict[str, Any]) -> None:
        pass

    def __copy__(self) -> Storage:
        return self  # every trial takes a copy of its own


class _Trainable:
    """Ray wants a class to train with. It is never built, because the stage trains itself."""


class _Resources(PlacementGroupFactory):
    """What a trial asks for, which no stage looks at."""

    def __repr__(self) -> str:
        return "one worker"  # Ray's log lines, which nobody reads, would list what it was made of


STORAGE = Storage()
_RESOURCES = _Resources([{"CPU": 1}])
_NEVER_BY_ITSELF = CheckpointConfig()
"""When Ray saves trials without having been asked: never."""


class Trial(_Trial):
    """Ray's trial without directories and running averages, hashed by its number.

    Ray keeps trials in sets; hashing by number instead of by address makes their order, and
    with it every history, the same in any process.
    """

    def __init__(self, number: int, config: dict[str, Any], stop_at: int | None) -> None:
        self.number = number
        self.proposed = dict(config)
        """The configuration that was asked for; a scheduler may give the trial another."""
        self.error: Exception | None = None
        super().__init__(
            "hpobench",
            config=config,
            trial_id=f"{number:06d}",
            storage=STORAGE,
            checkpoint_config=_NEVER_BY_ITSELF,
            stopping_criterion={} if stop_at is None else {"training_iteration": stop_at},
            stub=True,
        )

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other

    def __str__(self) -> str:
        return self.trial_id  # type: ignore[no-any-return]

    __repr__ = __str__

    def create_placement_group_factory(self) -> None:
        self.placement_group_factory = _RESOURCES

    def get_trainable_cls(self) -> type:
        return _Trainable

    def init_local_path(self) -> None:
        pass

    def set_ray_actor(self, ray_actor: object) -> None:
        self.temporary_state.ray_actor = ray_actor

    def update_last_result(self, result: dict[str, Any]) -> None:
        self.run_metadata.last_result = result

    def handle_error(self, exc: Exception | None = None) -> None:
        self.error = exc
        self.run_metadata.num_failures += 1


class RunMetadata(_TrainingRunMetadata):
    """Ray's notes on a trial without their text in JSON, which every change would drop."""

    __setattr__ = object.__setattr__

    def invalidate_cache(self) -> None:
        pass


def actor_arguments(trial: Trial) -> dict[str, Any]:
    """What an actor is made with: the trial, and its configuration as it is now."""
    return {"trial": trial.number, "config": dict(trial.config)}
