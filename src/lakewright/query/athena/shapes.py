"""Requests checked against botocore's description of the service, in AWS's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lakewright.errors import MissingError
from lakewright.query.athena.errors import AwsError, invalid

if TYPE_CHECKING:
    from botocore.model import Shape, StructureShape

SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
KINDS: Mapping[type, str] = {str: "STRING_VALUE", bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}
NATIVE: Mapping[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "String"),
    "boolean": ((bool,), "Boolean"),
    "integer": ((int,), "Integer"),
    "long": ((int,), "Long"),
    "double": ((int, float), "Double"),
    "timestamp": ((int, float), "Timestamp"),
}


class Shapes:
    """The operations of one service and what their requests must look like."""

    def __init__(self, service: str = "athena") -> None:
        try:
            from botocore.loaders import Loader
            from botocore.model import ServiceModel
        except ImportError:
            raise MissingError(
                "LW1121", "the Athena service needs botocore", hint="pip install 'lakewright[serve]'"
            ) from None
        self._model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        self.operations: tuple[str, ...] = tuple(self._model.operation_names)

    def check(self, operation: str, body: Any) -> None:
        """Raises what AWS answers to a body that does not fit: SerializationException for wrong JSON types,
        InvalidRequestException with every violated constraint otherwise."""
        if type(body) is not dict:
            raise _misplaced()
        shape = self._model.operation_model(operation).input_shape
        if shape is None:
            return
        found = list(_structure(shape, body, ""))
        if found:
            count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
            raise invalid(count + "; ".join(found))


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if type(value) is not dict:
        raise _misplaced() if type(value) is list else _unfit(value, "structure")
    for name, member in shape.members.items():
        inner = path + ("." if path else "") + name[0].lower() + name[1:]
        if value.get(name) is None:
            if name in shape.required_members:
                yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"
        else:
            yield from _checked(member, value[name], inner)


def _list(shape: Any, value: Any, path: str) -> Iterator[str]:
    if type(value) is not list:
        raise _misplaced() if type(value) is dict else _unfit(value, "list")
    yield from _length(shape, len(value), path)
    for number, item in enumerate(value, 1):
        if item is None:
            yield f"Value null at '{path}.{number}.member' failed to satisfy constraint: Member must not be null"
        else:
            yield from _checked(shape.member, item, f"{path}.{number}.member")


def _map(shape: Any, value: Any, path: str) -> Iterator[str]:
    if type(value) is not dict:
        raise _misplaced() if type(value) is list else _unfit(value, "map")
    for key, item in value.items():
        yield from _checked(shape.key, key, f"{path}.key")
        if item is not None:
            yield from _checked(shape.value, item, f"{path}.{key}.member")


NESTED: Mapping[str, Callable[[Any, Any, str], Iterator[str]]] = {"structure": _structure, "list": _list, "map": _map}


def _checked(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if nested := NESTED.get(shape.type_name):
        yield from nested(shape, value, path)
        return
    fits, name = NATIVE[shape.type_name]
    if type(value) not in fits:
        raise _misplaced() if type(value) in (dict, list) else _unfit(value, name)
    if shape.type_name == "string":
        yield from _text(shape, value, path)
    elif shape.type_name in ("integer", "long"):
        yield from _range(shape.metadata, value, path)


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise AwsError("SerializationException", "The request holds text that is not Unicode.")
    yield from _length(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        yield _violated(path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _violated(path, f"Member must satisfy regular expression pattern: {pattern}")


def _length(shape: Shape, length: int, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and length < least:
        yield _violated(path, f"Member must have length greater than or equal to {least}")
    if most is not None and length > most:
        yield _violated(path, f"Member must have length less than or equal to {most}")


def _range(limits: Mapping[str, Any], value: int, path: str) -> Iterator[str]:
    least, most = limits.get("min"), limits.get("max")
    if least is not None and value < least:
        yield _violated(path, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _violated(path, f"Member must have value less than or equal to {most}")


def _violated(path: str, constraint: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: {constraint}"


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    """AWS's patterns are Java's, which spell characters above U+FFFF as surrogates."""
    return re.compile(pattern.replace(SURROGATES, "\U00010000-\U0010ffff"))


def _misplaced() -> AwsError:
    return AwsError("SerializationException", "Start of structure or map found where not expected.")


def _unfit(value: Any, wanted: str) -> AwsError:
    kind = KINDS.get(type(value), "NULL_VALUE")
    if value is False:
        kind = "FALSE_VALUE"
    return AwsError("SerializationException", f"{kind} can not be converted to {_article(wanted)} {wanted}")


def _article(word: str) -> str:
    return "an" if word[0] in "IA" else "a"
