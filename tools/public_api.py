"""Write down every public name with its signature: ``python tools/public_api.py > tests/public_api.txt``.

A name is public when it is in the ``__all__`` of one of the `MODULES`, or an attribute of such a class that no public
base of it has. It stands where it is found first; elsewhere the list says which name it is another way to.
"""

from __future__ import annotations

import enum
import importlib
import inspect
from types import ModuleType

import attrs

MODULES = """
beluga beluga.classification beluga.clock beluga.config beluga.errors beluga.events beluga.guards beluga.llm beluga.logs
beluga.masking beluga.orchestration beluga.prompt beluga.schema beluga.telemetry beluga.testing beluga.testing.contracts
beluga.testing.strategies
""".split()

PLAIN = (bool, int, float, str, bytes, type(None))
"""Types of defaults that are shown as they are; what else a default is made of is ``...``."""


def lines():
    """Return the list, one name a line."""
    exported = {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for module in MODULES
        for name in importlib.import_module(module).__all__
    }
    homes = {id(value): path for path, value in reversed(exported.items())}
    described = []
    for path, value in exported.items():
        if isinstance(value, ModuleType):
            described.append(f"{path}: module")
        elif homes[id(value)] != path:
            described.append(f"{path} is {homes[id(value)]}")
        elif inspect.isclass(value):
            described += _class(path, value, homes)
        else:
            described.append(f"{path}{_signature(value)}" if callable(value) else f"{path}: {type(value).__name__}")
    return described


def _class(path, owner, homes):
    """Yield a line for the class and one for each attribute of its own."""
    bases = [base for base in owner.__mro__[1:-1] if id(base) in homes or base.__module__ == "builtins"]
    of = f" of {bases[0].__name__}" if bases else ""
    yield f"{path}{'' if issubclass(owner, enum.Enum) else _signature(owner)}: class{of}"
    inherited = {name for base in bases for name in dir(base)}
    yield from (f"{path}.{line}" for name, line in sorted(_attributes(owner)) if name not in inherited)


def _attributes(owner):
    if issubclass(owner, enum.Enum):
        yield from ((member.name, f"{member.name} = {member.value!r}") for member in owner)
        return
    if attrs.has(owner):
        yield from (
            (field.name, field.name) for field in attrs.fields(owner) if not field.init and field.alias == field.name
        )
    for name in dir(owner):
        held = inspect.getattr_static(owner, name)
        if name.startswith(("_", "test_")) or not _is_ours(owner, name):
            continue
        if isinstance(held, property):
            yield name, name
        elif inspect.isroutine(held):
            yield name, f"{name}{_signature(held if inspect.isfunction(held) else getattr(owner, name))}"


def _is_ours(owner, name):
    return any(name in vars(each) and each.__module__.partition(".")[0] == "beluga" for each in owner.__mro__)


def _signature(value):
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    bare = inspect.Signature([each.replace(annotation=each.empty, default=_shown(each)) for each in parameters])
    return str(bare).replace("Ellipsis", "...").replace("=NOTHING", "=...")


def _shown(parameter):
    default = parameter.default
    is_plain = type(default) in PLAIN or (default is parameter.empty or default == ()) or isinstance(default, enum.Enum)
    return default if is_plain else ...


if __name__ == "__main__":
    print("\n".join(lines()))
