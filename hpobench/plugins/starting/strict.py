"""How the values of keys such as ``start`` are checked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Strict(BaseModel):
    """A mapping whose keys and types must be right."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


def chosen_parts(model: type[Strict], value: object, example: str) -> dict[str, Any]:
    """What the mapping ``value`` chooses of ``model``, in plain JSON types with all defaults.

    ``example`` is such a mapping, for messages. Raises :class:`ValueError` that says what is wrong.
    """
    if not isinstance(value, dict) or not value:
        raise ValueError(f"a word or a mapping is due, like {example}, not {value!r}")
    try:
        whole = model.model_validate(value).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        first = error.errors()[0]
        where, what = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {what[:1].lower()}{what[1:]}") from None
    chosen = {key: part for key, part in whole.items() if part not in (None, False)}
    if not chosen:
        raise ValueError("the mapping chooses nothing; write `none`")
    return chosen
