"""Expressions of `add-column`: the part of SQLite's language that gives the same value whenever it is evaluated.

`$name` is a source column, `$AR_H_…` a header of the change, `$AR_M_…` a fact about the source. SQLite itself (the one
in Python's standard library) evaluates them, on columns with the affinity that SQLite would give the column's type;
what Arrow does exactly alike (a column as it is, text joined with `||`) is done there.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lakewright.errors import SpecError
from lakewright.ingest.mappings.arrow import Array, pc
from lakewright.ingest.mappings.values import as_text

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<column>\$[A-Za-z_]\w*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<operator>\|\||<<|>>|<=|>=|<>|==|!=|[-+*/%&|~<>=(),])""",
    re.VERBOSE,
)
KEYWORDS = frozenset(
    "case when then else end and or not is null isnull notnull in between like glob escape as".split()  # noqa: SIM905
)
CAST_TYPES = frozenset(["text", "integer", "real", "numeric", "blob"])
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "abs": (1, 1),
    "cast": (1, 1),
    "coalesce": (2, 99),
    "date": (1, 9),
    "datetime": (1, 9),
    "hash_sha256": (1, 1),
    "hex": (1, 1),
    "ifnull": (2, 2),
    "instr": (2, 2),
    "julianday": (1, 9),
    "length": (1, 1),
    "lower": (1, 1),
    "ltrim": (1, 2),
    "max": (2, 99),
    "min": (2, 99),
    "nullif": (2, 2),
    "operation_indicator": (3, 3),
    "replace": (3, 3),
    "round": (1, 2),
    "rtrim": (1, 2),
    "strftime": (2, 9),
    "substr": (2, 3),
    "time": (1, 9),
    "trim": (1, 2),
    "upper": (1, 1),
}
"""Functions and how many arguments each takes. `max` and `min` of one argument would be aggregates."""

REFUSED = {
    "random": "a value that differs at each read cannot be repeated after a crash",
    "randomblob": "a value that differs at each read cannot be repeated after a crash",
    "current_timestamp": "use $AR_H_COMMIT_TIMESTAMP",
    "replacechars": "use replace(), once for each character",
}
INDICATOR = "operation_indicator_of(op,"
TIMELESS = frozenset({"'now'", "'localtime'", "'utc'"})
HEADERS = frozenset(
    {
        "AR_H_STREAM_POSITION",
        "AR_H_CHANGE_SEQ",
        "AR_H_TIMESTAMP",
        "AR_H_COMMIT_TIMESTAMP",
        "AR_H_OPERATION",
        "AR_M_SOURCE_SCHEMA",
        "AR_M_SOURCE_TABLE_NAME",
        "AR_M_SOURCE_COLUMN_NAME",
        "AR_M_SOURCE_COLUMN_DATATYPE",
    }
)


@dataclass(frozen=True)
class Expression:
    """A checked expression. `columns` and `headers` are what it reads; `joined` its parts when it is only `a || b`."""

    text: str
    sql: str
    columns: tuple[str, ...]
    headers: tuple[str, ...]
    joined: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        return (*self.columns, *self.headers)


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Checks `text`; LW316 says what is not supported. Whether its columns exist is the table's matter."""
    tokens = _tokens(text)
    _check_words(tokens)
    _check_calls(tokens)
    names = list(dict.fromkeys(value[1:] for kind, value in tokens if kind == "column"))
    columns = tuple(name for name in names if not name.startswith("AR_"))
    headers = tuple(name for name in names if name.startswith("AR_"))
    places = {f"${name}": f"c{index}" for index, name in enumerate((*columns, *headers))}
    sql = _sql(tokens, places)
    _check_syntax(sql, len(places), text)
    return Expression(text, sql, columns, headers, _joined(tokens))


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            hint = "text stands in 'single quotes', columns as $name"
            raise SpecError("LW316", f"{text[position:][:20]!r} in the expression is not supported", hint=hint)
        position = match.end()
        if match.lastgroup and match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
    return found


def _check_words(tokens: Sequence[tuple[str, str]]) -> None:
    for index, (kind, value) in enumerate(tokens):
        lowered = value.lower()
        is_call = tokens[index + 1 : index + 2] == [("operator", "(")]
        known = FUNCTIONS if is_call and lowered not in KEYWORDS else KEYWORDS | CAST_TYPES
        if kind == "word" and lowered not in known:
            close = difflib.get_close_matches(lowered, known, 1)
            hint = REFUSED.get(lowered) or (f"did you mean {close[0]}?" if close else "columns are written as $name")
            what = "function" if is_call else "word"
            raise SpecError("LW316", f'the {what} "{value}" is not supported in expressions', hint=hint)
        if kind == "text" and lowered in TIMELESS:
            hint = "a value that depends on the clock cannot be repeated; use $AR_H_COMMIT_TIMESTAMP"
            raise SpecError("LW316", f"{value} is not supported in expressions", hint=hint)
        if kind == "column" and value.startswith("$AR_") and value[1:] not in HEADERS:
            hint = f"known are {', '.join(sorted(HEADERS))}"
            raise SpecError("LW316", f"{value} is not supported", hint=hint)


def _check_calls(tokens: Sequence[tuple[str, str]]) -> None:
    """Counts the arguments of every call; SQLite itself would take max(x) for an aggregate."""
    open_calls: list[tuple[str, int]] = []
    for index, (_, value) in enumerate(tokens):
        if value == "(":
            before = tokens[index - 1] if index else ("", "")
            name = before[1].lower() if before[0] == "word" and before[1].lower() not in KEYWORDS else ""
            empty = tokens[index + 1 : index + 2] == [("operator", ")")]
            open_calls.append((name, 0 if empty else 1))
        elif value == "," and open_calls:
            open_calls[-1] = (open_calls[-1][0], open_calls[-1][1] + 1)
        elif value == ")" and open_calls:
            name, count = open_calls.pop()
            least, most = FUNCTIONS.get(name, (0, 99))
            if not least <= count <= most:
                hint = f"it takes {least}" if least == most else f"it takes {least} or more"
                raise SpecError("LW316", f"{name}() with {count} arguments is not supported", hint=hint)


def _sql(tokens: Sequence[tuple[str, str]], places: Mapping[str, str]) -> str:
    parts: list[str] = []
    for kind, value in tokens:
        if kind == "operator" and value == "(" and parts[-1:] == [INDICATOR]:
            continue  # the bracket is part of INDICATOR
        is_indicator = kind == "word" and value.lower() == "operation_indicator"
        parts.append(INDICATOR if is_indicator else places.get(value, value))
    return f"({' '.join(parts)})"


def _joined(tokens: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The operands when the whole expression is columns and text literals joined with `||`."""
    operands, between = tokens[::2], tokens[1::2]
    if any(value != "||" for _, value in between) or len(operands) != len(between) + 1:
        return ()
    return tuple(value for _, value in operands) if all(kind in ("column", "text") for kind, _ in operands) else ()


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.create_function("hash_sha256", 1, _sha256, deterministic=True)
    connection.create_function("operation_indicator_of", 4, _operation_indicator, deterministic=True)
    return connection


def _sha256(value: Any) -> str | None:
    if value is None:
        return None
    return hashlib.sha256(value if isinstance(value, bytes) else str(value).encode()).hexdigest()


def _operation_indicator(operation: str, deleted: Any, updated: Any, inserted: Any) -> Any:
    return {"D": deleted, "U": updated}.get(operation, inserted)


def _check_syntax(sql: str, width: int, text: str) -> None:
    columns = ", ".join(["op TEXT", *(f"c{index}" for index in range(width))])
    connection = _connect()
    try:
        connection.execute(f"create table t ({columns})")
        connection.execute(f"explain select {sql} from t")
    except sqlite3.Error as error:
        raise SpecError("LW316", f"{text!r} is no expression: {error}", hint="SQLite's rules apply") from error
    finally:
        connection.close()


def evaluate(
    expression: Expression, inputs: Mapping[str, Array], operations: Array, *, as_string: bool
) -> list[Any] | Array:
    """The expression's value for each row: an Arrow string array, or Python values as SQLite returns them.

    `inputs` has an array for each of `expression.reads`; `operations` is the rows' `Op`. With `as_string`, SQLite
    turns the value into text itself (`CAST … AS TEXT`).
    """
    if expression.joined and as_string and _all_text(expression.joined, inputs):
        return _join(expression.joined, inputs, len(operations))
    return _in_sqlite(expression, inputs, operations, as_string=as_string)


def _all_text(parts: Sequence[str], inputs: Mapping[str, Array]) -> bool:
    """Whether SQLite's text of every part is the one that `as_text` gives: not so for its floats and numerics."""
    kinds = [inputs[part[1:]].type for part in parts if part.startswith("$")]
    return not any(pa.types.is_floating(k) or pa.types.is_decimal(k) or pa.types.is_binary(k) for k in kinds)


def _join(parts: Sequence[str], inputs: Mapping[str, Array], rows: int) -> Array:
    columns = [
        as_text(inputs[part[1:]]) if part.startswith("$") else pa.repeat(pa.scalar(part[1:-1].replace("''", "'")), rows)
        for part in parts
    ]
    return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, "", null_handling="emit_null")


def _in_sqlite(expression: Expression, inputs: Mapping[str, Array], operations: Array, *, as_string: bool) -> list[Any]:
    arrays = [inputs[name] for name in expression.reads]
    declared = ", ".join(["op TEXT", *(f"c{i} {_affinity(array.type)}" for i, array in enumerate(arrays))])
    sql = f"cast({expression.sql} as text)" if as_string else expression.sql
    connection = _connect()
    try:
        connection.execute(f"create table t ({declared})")
        marks = ", ".join("?" * (len(arrays) + 1))
        rows = zip(operations.to_pylist(), *(_bindable(array) for array in arrays), strict=True)
        connection.executemany(f"insert into t values ({marks})", rows)
        return [value for (value,) in connection.execute(f"select {sql} from t order by rowid")]
    finally:
        connection.close()


def _affinity(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "INTEGER"
    if pa.types.is_floating(kind):
        return "REAL"
    if pa.types.is_decimal(kind):
        return "NUMERIC"
    return "BLOB" if pa.types.is_binary(kind) else "TEXT"


def _bindable(array: Array) -> Any:
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_binary(kind):
        return array.to_pylist()
    return as_text(array).to_pylist()
