"""What the classes of both trees of the compiler have in common: slots and a constructor."""

from functools import cache
from types import FunctionType
from typing import TypeVar, cast, dataclass_transform

__all__ = ["node"]

_T = TypeVar("_T", bound=type)


@cache
def _constructor(count: int) -> FunctionType:
    """A function that sets so many attributes, whose code is that of all others but for names."""
    names = [f"attribute{number}" for number in range(count)]
    made: dict[str, FunctionType] = {}
    exec("\n".join([f"def __init__({', '.join(['self', *names])}):", "    pass",
                    *(f"    self.{name} = {name}" for name in names)]), made)
    return made["__init__"]


@dataclass_transform(eq_default=False)
def node(cls: _T) -> _T:
    """Give a class slots for its annotations and, unless it has its own, a constructor that takes
    all of them in order, inherited ones first; the last ones may have defaults.

    What `dataclass(slots=True)` does, in a fraction of its time: the compiler is started often.
    """
    own = list(cls.__dict__.get("__annotations__", ()))
    body = {name: item for name, item in cls.__dict__.items()
            if name not in ("__dict__", "__weakref__")}
    body["__slots__"] = tuple(own)
    if "__init__" not in body:
        inherited = [name for base in reversed(cls.__mro__[1:])
                     for name in base.__dict__.get("__slots__", ())]
        names = (*inherited, *own)
        defaults = tuple(body.pop(name) for name in own if name in body)
        template = _constructor(len(names))
        body["__init__"] = FunctionType(template.__code__.replace(
            co_varnames=("self", *names), co_names=names), {}, "__init__", defaults)
    return cast(_T, type(cls)(cls.__name__, cls.__bases__, body))
