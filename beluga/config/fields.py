"""Say what attrs cannot: a setting's bounds, its secrecy, and the variable that overrides it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from beluga._types.bounds import Bounds
from beluga._types.classes import MARKS, Marks
from beluga._types.scalars import Seconds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Seconds", "field"]

T = TypeVar("T")


@overload
def field(
    default: T,
    *,
    min: float | None = None,
    max: float | None = None,
    secret: bool = False,
    env: str | None = None,
) -> T: ...
@overload
def field(
    *,
    factory: Callable[[], T],
    min: float | None = None,
    max: float | None = None,
    secret: bool = False,
    env: str | None = None,
) -> T: ...
@overload
def field(
    *,
    min: float | None = None,
    max: float | None = None,
    secret: bool = False,
    env: str | None = None,
) -> Any: ...
def field(
    default: Any = attrs.NOTHING,
    *,
    factory: Callable[[], Any] | None = None,
    min: float | None = None,  # noqa: A002 - the word of the field
    max: float | None = None,  # noqa: A002 - the word of the field
    secret: bool = False,
    env: str | None = None,
) -> Any:
    """Declare one setting of an attrs class.

    A setting without anything to declare needs no `field`: ``model: str = "gpt-4o"`` is one.

    Args:
        default: Its value where the file has none; left out, the setting is required.
        factory: Makes the default anew for each configuration, for lists and the like.
        min: The least number allowed; seconds for `Seconds`.
        max: The greatest number allowed.
        secret: Never show the value, in no message, repr or command.
        env: The whole name of a variable that overrides the setting, whatever the prefix.

    Raises:
        ValueError: The bounds are no numbers, or leave nothing between them.

    Example:
        >>> @attrs.frozen
        ... class AppConfig:
        ...     max_tokens: int = field(4096, min=1, max=128_000)
        ...     api_key: str = field("", secret=True, env="OPENAI_API_KEY")
        >>> AppConfig(api_key="sk-123")
        AppConfig(max_tokens=4096, api_key=***)
    """
    for name, bound in (("min", min), ("max", max)):
        if bound is not None and (isinstance(bound, bool) or not math.isfinite(bound)):
            message = f"field: {name}={bound!r} must be a finite number"
            raise ValueError(message)
    if min is not None and max is not None and min > max:
        message = f"field: min={min!r} is above max={max!r}, so no value would do"
        raise ValueError(message)
    return attrs.field(
        default=default if factory is None else attrs.Factory(factory),
        repr=_masked if secret else True,
        metadata={MARKS: Marks(Bounds(min, max), secret, env)},
    )


def _masked(_: Any) -> str:
    return "***"
