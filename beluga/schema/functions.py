"""A tool from a plain function: its name, its docstring and its annotations say all that a model needs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from beluga.schema.tools import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from beluga.schema.records import Property

__all__ = ["tool_of"]


def tool_of(function: Tool | Callable[..., Any]) -> Tool:
    """Return what a model is told about a function that it may call.

    The name is the function's, the description is its docstring up to the first section, and each parameter
    is described by its annotation and by what the section ``Args:`` or an ``Annotated[..., "text"]`` says.
    A decorated function is seen as the function below. A `Tool` is returned as it is.

    Args:
        function: A function, method, partial or callable object whose parameters can all be given by name.

    Raises:
        TypeError: When a parameter has no annotation, cannot be given by name, or is of a type that JSON has
            no form for.
        ValueError: When the name is none that providers take.

    Example:
        >>> def weather(city: str, days: int = 1) -> str:
        ...     '''Tell the weather.
        ...
        ...     Args:
        ...         city: In any language.
        ...     '''
        >>> tool = tool_of(weather)
        >>> tool.name, tool.description, tool.parameters["required"]
        ('weather', 'Tell the weather.', ['city'])
        >>> tool.parameters["properties"]["city"]
        {'type': 'string', 'description': 'In any language.'}
    """
    if isinstance(function, Tool):
        return function
    if not callable(function) or isinstance(function, type):
        what = "the class" if isinstance(function, type) else "an instance of"
        name = function.__name__ if isinstance(function, type) else type(function).__name__
        msg = f"a tool is a Tool or a function, not {what} {name}"
        raise TypeError(msg)
    # Who only sends messages needs no schemas: importing beluga.schema takes 5 of 20 ms less.
    from beluga._types.docstrings import described
    from beluga.schema.json_schema import object_schema

    source = _documented(function)
    name = source.__name__
    text, said = described(source.__doc__)
    return Tool(name, text, object_schema(name, _properties(function, name, said)))


def _documented(function: Any) -> Any:
    """Return what bears name and docstring: the function inside a partial, the class of a callable object."""
    while not hasattr(function, "__name__") and hasattr(function, "func"):
        function = function.func
    return function if hasattr(function, "__name__") else type(function)


def _properties(function: Callable[..., Any], name: str, said: dict[str, str]) -> Iterator[Property]:
    from beluga.schema.records import Property

    try:
        parameters = inspect.signature(function, eval_str=True).parameters.values()
    except NameError as error:
        msg = f"an annotation of {name} cannot be resolved: {error}; its module must import it at run time"
        raise TypeError(msg) from error
    for parameter in parameters:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            msg = f"{name}: a model gives arguments by name, which {parameter} cannot take"
            raise TypeError(msg)
        if parameter.annotation is parameter.empty:
            msg = f"{name}: the parameter {parameter.name} needs an annotation, so that the model knows its type"
            raise TypeError(msg)
        required = parameter.default is parameter.empty
        yield Property(parameter.name, parameter.annotation, required, said.get(parameter.name, ""))
