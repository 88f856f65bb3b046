"""Source filters: which rows a mapping lets through, decided on Arrow rows, and as SQL where PostgreSQL agrees exactly.

Values are compared as PostgreSQL compares them: NaN and infinity stand above all others, text by code points
(collation "C"). NULL fits `null` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakewright.errors import SpecError
from lakewright.ingest.mappings.arrow import Array, pc
from lakewright.ingest.mappings.rules import Condition, Filter
from lakewright.ingest.mappings.values import parse_value
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal
from lakewright.models.types import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

TEXT_OIDS = frozenset({25, 1043})
ORDERED_TYPES = frozenset({"smallint", "int", "bigint", "float", "double", "date", "timestamp", "timestamp_ntz"})
ORDERING = frozenset({"gte", "ste", "lte", "between", "notbetween"})
CASTS: Mapping[str, str] = {
    "boolean": "boolean",
    "smallint": "bigint",
    "int": "bigint",
    "bigint": "bigint",
    "float": "real",
    "double": "double precision",
    "date": "date",
    "timestamp": "timestamptz",
    "timestamp_ntz": "timestamp",
}

Compare = Callable[[Any, Sequence[Any]], Any]
COMPARE: Mapping[str, Compare] = {
    "eq": lambda a, v: pc.equal(a, v[0]),
    "noteq": lambda a, v: pc.not_equal(a, v[0]),
    "gte": lambda a, v: pc.greater_equal(a, v[0]),
    "ste": lambda a, v: pc.less_equal(a, v[0]),
    "lte": lambda a, v: pc.less_equal(a, v[0]),
    "between": lambda a, v: pc.and_kleene(pc.greater_equal(a, v[0]), pc.less_equal(a, v[1])),
    "notbetween": lambda a, v: pc.or_kleene(pc.less(a, v[0]), pc.greater(a, v[1])),
    "null": lambda a, _: pc.is_null(a),
    "notnull": lambda a, _: pc.is_valid(a),
}
ABOVE = frozenset({"noteq", "gte", "notbetween", "notnull"})
"""What holds for a value above every literal (NaN, infinity); for one below, `gte` and the `lte`s change places."""
BELOW = frozenset({"noteq", "ste", "lte", "notbetween", "notnull"})
SQL: Mapping[str, str] = {
    "eq": "{c} = {0}",
    "noteq": "{c} <> {0}",
    "gte": "{c} >= {0}",
    "ste": "{c} <= {0}",
    "lte": "{c} <= {0}",
    "between": "{c} between {0} and {1}",
    "notbetween": "{c} not between {0} and {1}",
    "null": "{c} is null",
    "notnull": "{c} is not null",
}


@dataclass(frozen=True)
class BoundFilter:
    """A filter on a column whose type is known. `oid` is the column's PostgreSQL type."""

    filter: Filter
    type: str
    oid: int
    values: tuple[tuple[Any, ...], ...]

    @property
    def column(self) -> str:
        return self.filter.column

    def mask(self, column: Array, special: Array | None) -> Array:
        """True where a condition holds. `special` has the text of values that `column` cannot hold, or is None."""
        found = None
        for condition, values in zip(self.filter.conditions, self.values, strict=True):
            one = self._holds(condition, values, column, special)
            found = one if found is None else pc.or_kleene(found, one)
        return pc.fill_null(found, False)

    def _holds(self, condition: Condition, values: tuple[Any, ...], column: Array, special: Array | None) -> Any:
        scalars = [pa.scalar(value, column.type) for value in values]
        result = COMPARE[condition.operator](column, scalars)
        if pa.types.is_floating(column.type):
            result = pc.if_else(pc.fill_null(pc.is_nan(column), False), condition.operator in ABOVE, result)
        if special is None:
            return result
        below = pc.fill_null(pc.match_substring_regex(special, r"^-|BC$"), False)
        extreme = pc.if_else(below, condition.operator in BELOW, condition.operator in ABOVE)
        return pc.if_else(pc.is_valid(special), extreme, result)

    def sql(self) -> str | None:
        """The same as a PostgreSQL condition; None where PostgreSQL could decide otherwise than `mask`."""
        name = quote_identifier(self.column)
        if self.type == "string":
            cast, name = 'text collate "C"', f'{name} collate "C"'
            if self.oid not in TEXT_OIDS:
                return None
        else:
            cast = "numeric" if self.type.startswith("decimal") else CASTS[self.type]
        parts = [
            SQL[condition.operator].format(*(_literal(value, cast) for value in values), c=name)
            for condition, values in zip(self.filter.conditions, self.values, strict=True)
        ]
        return f"({' or '.join(parts)})"


def _literal(value: Any, cast: str) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    base, _, collation = cast.partition(" collate ")
    literal = f"{quote_literal(text)}::{base}"
    return f"({literal} collate {collation})" if collation else literal


def bind(one: Filter, canonical: str, oid: int, place: str) -> BoundFilter:
    """Reads the filter's literals as values of the column's type; LW317 for what cannot be compared."""
    if canonical == "binary":
        raise SpecError("LW317", f'the filter on "{one.column}" cannot compare bytes', place=place)
    for condition in one.conditions:
        textual = canonical == "string" and oid not in TEXT_OIDS
        if textual and (condition.operator in ORDERING or (oid == 1700 and condition.values)):
            fact = f'the filter on "{one.column}" cannot use "{condition.operator}": the column is kept as text'
            raise SpecError(
                "LW317",
                fact,
                place=place,
                hint="eq, noteq, null and notnull compare text; "
                "a numeric column needs a precision to be compared as a number",
            )
    return BoundFilter(one, canonical, oid, tuple(_values(one, c, canonical, place) for c in one.conditions))


def _values(one: Filter, condition: Condition, canonical: str, place: str) -> tuple[Any, ...]:
    try:
        values = tuple(parse_value(text, canonical) for text in condition.values)
        pa.array(values, arrow_type(canonical))
    except (ValueError, ArithmeticError) as error:
        fact = f'the filter on "{one.column}" compares {canonical} with {", ".join(map(repr, condition.values))}'
        raise SpecError(
            "LW317",
            fact,
            place=place,
            hint="dates as YYYY-MM-DD, times as YYYY-MM-DD HH:MM:SS, numbers with no more decimals than the column has",
        ) from error
    return values
