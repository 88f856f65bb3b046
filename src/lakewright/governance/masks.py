"""Masks: what is shown instead of a value. Each has one meaning in plain Python and one rendering for DuckDB.

A mask keeps the column's type, and NULL stays NULL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from lakewright.spec import Secret

Kind = Literal["null", "hash", "partial_email", "partial_phone", "partial_ip", "redact", "year"]
REDACTED = "[redacted]"
HIDDEN = "***"

_EMAIL = re.compile(r"([^@]).*@([^@]+)", re.DOTALL)
_IPV4 = re.compile(r"([0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}\.[0-9]{1,3}")
_IPV6 = re.compile(r"([0-9A-Fa-f]{1,4}):[0-9A-Fa-f:.]*")
_NO_DIGIT = re.compile("[^0-9]")


@dataclass(frozen=True, slots=True, order=True)
class Mask:
    """One mask; `salt` belongs to `hash` and is read from the environment when the mask is rendered or applied."""

    kind: Kind
    salt: Secret | None = None

    def fits(self, kind: str) -> bool:
        """Whether a column of this canonical type can be masked so."""
        types = KINDS[self.kind].types
        return types is None or kind in types

    def result_type(self, kind: str) -> str:
        """The canonical type of the masked column: the column's own."""
        return kind

    def apply(self, value: Any) -> Any:
        """The masked value: the meaning that every rendering is tested against. MissingError if the salt is not set."""
        return None if value is None else KINDS[self.kind].apply(value, self._salt())

    def duckdb(self, expression: str, kind: str) -> str:
        """The mask around an SQL expression of canonical type `kind`."""
        return KINDS[self.kind].duckdb(expression, kind, self._salt())

    def _salt(self) -> str:
        return "" if self.salt is None else self.salt.reveal()


@dataclass(frozen=True, slots=True)
class MaskKind:
    """`types`: canonical types it fits; None for any."""

    meaning: str
    types: frozenset[str] | None
    apply: Callable[[Any, str], Any]
    duckdb: Callable[[str, str, str], str]


def _email(value: str, _salt: str) -> str:
    match = _EMAIL.fullmatch(value)
    return f"{match[1]}{HIDDEN}@{match[2]}" if match else HIDDEN


def _phone(value: str, _salt: str) -> str:
    digits = _NO_DIGIT.sub("", value)
    return HIDDEN + digits[-4:] if len(digits) >= 8 else HIDDEN


def _ip(value: str, _salt: str) -> str:
    if match := _IPV4.fullmatch(value):
        return f"{match[1]}.*.*"
    match = _IPV6.fullmatch(value)
    return f"{match[1]}:{HIDDEN}" if match else HIDDEN


def _hash(value: str, salt: str) -> str:
    return hashlib.sha256((salt + value).encode()).hexdigest()


def _year(value: date, _salt: str) -> date:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return datetime(moment.year, 1, 1, tzinfo=moment.tzinfo)
    return date(value.year, 1, 1)


def _replaced(x: str, pattern: str, by: str) -> str:
    return f"WHEN regexp_full_match({x}, '(?s){pattern}') THEN regexp_replace({x}, '(?s)^{pattern}$', '{by}')"


def _email_sql(x: str, _kind: str, _salt: str) -> str:
    shown = _replaced(x, _EMAIL.pattern, "\\1" + HIDDEN + "@\\2")
    return f"CASE {shown} WHEN {x} IS NOT NULL THEN '{HIDDEN}' END"


def _phone_sql(x: str, _kind: str, _salt: str) -> str:
    digits = f"regexp_replace({x}, '[^0-9]', '', 'g')"
    shown = f"WHEN length({digits}) >= 8 THEN '{HIDDEN}' || right({digits}, 4)"
    return f"CASE {shown} WHEN {x} IS NOT NULL THEN '{HIDDEN}' END"


def _ip_sql(x: str, _kind: str, _salt: str) -> str:
    four, six = _replaced(x, _IPV4.pattern, "\\1.*.*"), _replaced(x, _IPV6.pattern, "\\1:" + HIDDEN)
    return f"CASE {four} {six} WHEN {x} IS NOT NULL THEN '{HIDDEN}' END"


def _hash_sql(x: str, _kind: str, salt: str) -> str:
    quoted = salt.replace("'", "''")
    return f"sha256('{quoted}' || {x})"


def _year_sql(x: str, kind: str, _salt: str) -> str:
    match kind:
        case "timestamp":  # in UTC, whatever the session's time zone is
            return f"date_trunc('year', {x} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
        case "timestamp_ntz":
            return f"date_trunc('year', {x})"
        case _:
            return f"CAST(date_trunc('year', {x}) AS DATE)"


def _nothing(_value: Any, _salt: str) -> None:
    return None


def _nothing_sql(x: str, _kind: str, _salt: str) -> str:
    return f"CASE WHEN FALSE THEN {x} END"  # NULL of the column's type


_TEXT = frozenset({"string"})
_TIMES = frozenset({"date", "timestamp", "timestamp_ntz"})
KINDS: Mapping[Kind, MaskKind] = {
    "null": MaskKind(
        "nothing", None, lambda _value, _salt: None, lambda x, _kind, _salt: f"CASE WHEN FALSE THEN {x} END"
    ),
    "hash": MaskKind("SHA-256 of salt and value, in hexadecimal", _TEXT, _hash, _hash_sql),
    "partial_email": MaskKind("first letter and domain, `a***@example.com`", _TEXT, _email, _email_sql),
    "partial_phone": MaskKind("last four digits, `***5678`", _TEXT, _phone, _phone_sql),
    "partial_ip": MaskKind("first half of an IPv4, first group of an IPv6 address", _TEXT, _ip, _ip_sql),
    "redact": MaskKind(
        f"the text `{REDACTED}`",
        _TEXT,
        lambda _value, _salt: REDACTED,
        lambda x, _kind, _salt: f"CASE WHEN {x} IS NOT NULL THEN '{REDACTED}' END",
    ),
    "year": MaskKind("the first moment of the year", _TIMES, _year, _year_sql),
}
