"""Models by the name of their provider."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from beluga._types.problems import nearest
from beluga.llm._http import PROFILES, profile_of

if TYPE_CHECKING:
    from beluga.llm._http.model import HttpModel
    from beluga.llm.base import Model

__all__ = ["Factory", "new", "providers", "register"]

Factory = Callable[..., Any]
"""Takes the settings of a model as keyword arguments and returns the model."""

_GROUP: Final = "beluga.llm"

_LOCK: Final = threading.Lock()
_registered: dict[str, Factory] = {}


@overload
def new(
    name: Literal[
        "openai",
        "openai-responses",
        "azure",
        "mistral",
        "groq",
        "deepseek",
        "openrouter",
        "together",
        "cerebras",
        "ollama",
        "vllm",
        "llama.cpp",
        "lmstudio",
        "anthropic",
        "bedrock-anthropic",
        "gemini",
        "gemini-openai",
    ],
    **settings: Any,
) -> HttpModel: ...
@overload
def new(name: str, **settings: Any) -> Model: ...
def new(name: str, **settings: Any) -> Model:
    """Return a model of the provider `name`.

    The built-in ones are ``openai`` (chat completions), ``openai-responses``, ``anthropic`` and ``gemini``; servers
    that speak as these do, each with its own habits: ``azure bedrock-anthropic cerebras deepseek gemini-openai groq
    llama.cpp lmstudio mistral ollama openrouter together vllm``; and ``fake``, which plays ``script=[...]`` and takes
    and ignores the settings of the others. Where ``openai`` is given the ``base_url=`` of another server, that server's
    habits are kept, and none that only OpenAI has.

    Args:
        name: A registered provider; see `providers`.
        settings: For its factory. All but ``fake`` take ``model=``, ``api_key=``, ``base_url=``,
            ``timeout=`` in seconds, ``headers=``, ``client=``, ``async_client=``, ``transport=``, and options for each
            call such as ``temperature=0``.

    Raises:
        LookupError: No provider has this name; the message lists those that there are.

    Example:
        >>> new("fake", model="any", script=["It is sunny."]).generate("How is the weather?").text
        'It is sunny.'
    """
    model: Model = _factory(name)(**settings)
    return model


def register(name: str, factory: Factory, *, replace: bool = False) -> None:
    """Make a provider known under `name`.

    A package does it for whoever installs it with an entry point: group ``beluga.llm``, the name, and the factory.

    Args:
        name: What `new` is called with.
        factory: Takes the settings and returns a `Model`.
        replace: Whether it may stand in for a provider that has the name already, also a built-in one.

    Raises:
        TypeError: `factory` cannot be called, or `name` is not a text.
        ValueError: The name is taken, or empty.
    """
    if not callable(factory):
        message = f"a factory of models must be callable, not {type(factory).__name__}"
        raise TypeError(message)
    if not isinstance(name, str):
        message = f"the name of a provider is a str, not {type(name).__name__}"
        raise TypeError(message)
    if not name.strip():
        message = "the name of a provider must not be empty"
        raise ValueError(message)
    with _LOCK:
        if not replace and name in {*_registered, *PROFILES, "fake", *_installed()}:
            message = f"there is a provider {name!r} already; take another name, or replace=True to stand in for it"
            raise ValueError(message)
        _registered[name] = factory


def providers() -> list[str]:
    """Return the names of all providers: built in, installed as entry points, and registered.

    Example:
        >>> {"anthropic", "fake", "openai"} <= set(providers())
        True
    """
    return sorted({*PROFILES, "fake", *_installed(), *_registered})


def _factory(name: str) -> Factory:
    with _LOCK:
        factory = _registered.get(name)
    if factory is not None:
        return factory
    if name == "fake":
        return _fake
    if name in PROFILES:
        return functools.partial(_served, name)
    installed = _installed().get(name)
    if installed is not None:
        loaded: Factory = installed.load()
        return loaded
    known = providers()
    near = nearest(name, known)
    guess = f", did you mean {near!r}?" if near else "."
    message = f"there is no provider {name!r}{guess} Known are {', '.join(known)}; add your own with llm.register()"
    raise LookupError(message)


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=_GROUP)}


def _served(name: str, *, base_url: str | None = None, **settings: Any) -> HttpModel:
    from beluga.llm._http.model import HttpModel

    if "model" not in settings:
        message = f'llm.new({name!r}) needs the name of a model: write llm.new({name!r}, model="...")'
        raise TypeError(message)
    profile = profile_of(name, None if base_url is None else str(base_url))
    return HttpModel(profile, base_url=base_url, **settings)


def _fake(*, script: Any = (), seed: int = 0, fault_rate: float = 0.0, profile: str | None = None, **_: Any) -> Model:
    from beluga.llm import FakeProvider

    is_one = isinstance(script, str | bytes | Mapping) or not isinstance(script, Iterable)
    items: list[Any] = [script] if is_one else [*script]
    return FakeProvider(*items, seed=seed, fault_rate=fault_rate, profile=profile)
