"""What the classes of both trees of the compiler have in common: slots and a constructor."""

from typing import Any, TypeVar, cast, dataclass_transform

__all__ = ["node"]

_T = TypeVar("_T", bound=type)


@dataclass_transform(eq_default=False)
def node(cls: _T) -> _T:
    """Give a class slots for its annotations and, unless it has its own, a constructor that takes
    all of them in order, inherited ones first.

    What `dataclass(slots=True)` does, in a fraction of its time: the compiler is started often.
    """
    own = list(cls.__dict__.get("__annotations__", ()))
    body = {name: item for name, item in cls.__dict__.items()
            if name not in ("__dict__", "__weakref__")}
    body["__slots__"] = tuple(own)
    if "__init__" not in body:
        inherited = [name for base in reversed(cls.__mro__[1:])
                     for name in base.__dict__.get("__slots__", ())]
        names = [*inherited, *own]
        lines = [f"def __init__(self, {', '.join(names)}):",
                 *(f"    self.{name} = {name}" for name in names)]
        made: dict[str, Any] = {}
        exec("\n".join(lines), made)
        body["__init__"] = made["__init__"]
    return cast(_T, type(cls)(cls.__name__, cls.__bases__, body))
