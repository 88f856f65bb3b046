"""The small types of the language: names, sizes, durations, patterns and secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from lakewright.errors import MissingError
from lakewright.spec.document import Text as PlacedText

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REFUSED_BY_SCHEMA = (
    r"\$\{(?![A-Za-z_][A-Za-z0-9_]*\})",
    r"://[^@:/]*:[^@$]+@",
    r"[?&](ssl)?password=[^&$]",
    r"(^|\s)(ssl)?password\s*=\s*[^\s$]",
)
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|KB|MB|GB|TB)")
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_DAYS = re.compile(r"([0-9]+)d")
_URL_PASSWORD = re.compile(r"://[^@:/]*:[^@]+@")
_QUERY_PASSWORD = re.compile(r"[?&](?:ssl)?password=[^&]", re.IGNORECASE)
_KEYWORD_PASSWORD = re.compile(r"(?:^|\s)(?:ssl)?password\s*=\s*('[^']*'|\S+)", re.IGNORECASE)


def problem(code: str, fact: str, hint: str = "") -> PydanticCustomError:
    """A mistake with our own code, raised by the validators of this language."""
    return PydanticCustomError("lakewright", "{fact}", {"code": code, "fact": fact, "hint": hint})


def _no_variable(text: str) -> str:
    if "${" in text:
        raise problem(
            "LW108", "`${…}` is for secrets only, and this is none", hint="write the value, or use an environment"
        )
    return text


def _size(value: Any) -> Any:
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(float(match[1]) * _SIZES[match[2]]) if match else value


def _days(value: Any) -> Any:
    match = _DAYS.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match[1]) if match else value


def _table_pattern(text: str) -> str:
    if text.count(".") != 1 or text.startswith(".") or text.endswith("."):
        raise problem(
            "LW107", f'"{text}" is no schema.table pattern', hint=f'for example "public.{text.strip(".") or "*"}"'
        )
    return text


def matches(pattern: str, schema: str, table: str) -> bool:
    """Whether `schema.table` fits a pattern in which `*` and `%` stand for any characters."""
    parts = re.split(r"[*%]", pattern)
    return re.fullmatch(".*".join(re.escape(part) for part in parts), f"{schema}.{table}", re.DOTALL) is not None


Text = Annotated[str, AfterValidator(_no_variable), Field(json_schema_extra={"not": {"pattern": r"\$\{"}})]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_-]{0,62}$",
        description="Lower-case letters, digits, `-` and `_`, beginning with a letter.",
    ),
]
TablePattern = Annotated[
    Text,
    AfterValidator(_table_pattern),
    WithJsonSchema({"type": "string", "pattern": r"^[^.]+\.[^.]+$", "not": {"pattern": r"\$\{"}}),
]
Size = Annotated[
    int,
    BeforeValidator(_size),
    Field(gt=0),
    WithJsonSchema({"type": ["integer", "string"], "pattern": r"^[0-9]+(\.[0-9]+)?\s*(B|KB|MB|GB|TB)$", "minimum": 1}),
]
Days = Annotated[
    int,
    BeforeValidator(_days),
    Field(gt=0, le=36_500),
    WithJsonSchema({"type": ["integer", "string"], "pattern": "^[0-9]+d$", "minimum": 1, "maximum": 36_500}),
]


class Secret:
    """A value that may hold `${ENV}`; it is read from the environment when needed and never shown.

    `str`, `repr` and serialisation give the text as written, with anything that could be literal secret left out.
    """

    __slots__ = ("_place", "_template")

    def __init__(self, template: str, place: str = "") -> None:
        self._template = template
        self._place = place

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables it needs, in order."""
        return tuple(dict.fromkeys(_VARIABLE.findall(self._template)))

    def reveal(self, environ: Mapping[str, str] | None = None) -> str:
        """The real value. Raises MissingError (LW110) naming the variables that are not set."""
        known = os.environ if environ is None else environ
        if missing := [name for name in self.variables if not known.get(name)]:
            names = ", ".join(missing)
            raise MissingError(
                "LW110",
                f"the environment variable {names} is not set"
                if len(missing) == 1
                else f"not set in the environment: {names}",
                place=self._place,
                hint=f"export {missing[0]}=…",
            )
        return _VARIABLE.sub(lambda match: known[match[1]], self._template)

    def __str__(self) -> str:
        return " ".join(f"${{{name}}}" for name in self.variables) or "(hidden)"

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._template == other._template

    def __hash__(self) -> int:
        return hash(self._template)

    @staticmethod
    def holds_password(text: str) -> bool:
        """Whether a password stands in the text itself, outside of `${ENV}`."""
        return _literal_password(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "not": {"anyOf": [{"pattern": pattern} for pattern in _REFUSED_BY_SCHEMA]},
            "examples": ["${SHOP_DATABASE_URL}"],
        }

    @classmethod
    def _validate(cls, value: object) -> Secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise problem("LW105", "must be text, usually one `${VARIABLE}`")
        rest = _VARIABLE.sub("", value)
        if "${" in rest:
            raise problem("LW108", "a `${…}` here is no variable name", hint="write ${NAME} with letters, digits and _")
        if _literal_password(value):
            raise problem(
                "LW109",
                "a password stands here in clear text",
                hint='put the whole address into an environment variable and write "${SHOP_DATABASE_URL}"',
            )
        return cls(value, str(value.place) if isinstance(value, PlacedText) else "")


def _literal_password(template: str) -> bool:
    """Looks at what is left without the variables, by pattern, since a password may break any real URL parser."""
    rest = _VARIABLE.sub("", template)
    if "://" in rest and (_URL_PASSWORD.search(rest) or _QUERY_PASSWORD.search(rest)):
        return True
    match = _KEYWORD_PASSWORD.search(rest)
    return bool(match and match[1].strip("'"))
