"""Filter and mask functions of tables, read back into what `governance` understands of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lakewright.governance.masks import KINDS as MASKS
from lakewright.governance.unity_catalog.data import ColumnMask, Parameter, RowFilter, masked, ticked
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import FUNCTION, TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.spec.rows import RowsError, parse_unity_rows

_WORD = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`]|``)*`|[A-Za-z_]\w*|.", re.DOTALL)
CASE, THEN, END = "CASE WHEN ", " THEN ", " END"


class Unreadable(Exception):  # noqa: N818 - a finding
    """A function that does something other than what filters and masks are known to do."""


def check_readable(metastore: Metastore, table: str) -> None:
    """Raises Unreadable when a table's filter or one of its masks cannot be enforced."""
    body = metastore.get(TABLE, table)
    list(row_filter(metastore, body))
    list(column_mask(metastore, body))


def row_filter(metastore: Metastore, table: Body) -> Iterator[RowFilter]:
    """A table's filter, if it has one. Raises Unreadable."""
    found = table.get("row_filter")
    if not found:
        return
    function = _function(metastore, found["function_name"])
    columns = [str(one) for one in found["input_column_names"]]
    parameters, text = _on_columns(function, columns)
    _check(text)
    yield RowFilter(table["full_name"], function["full_name"], parameters, text)


def column_mask(metastore: Metastore, table: Body) -> Iterator[ColumnMask]:
    """The masks of a table's columns. Raises Unreadable."""
    for column in table["columns"]:
        found = column.get("mask")
        if not found:
            continue
        function = _function(metastore, found["function_name"])
        columns = [str(column["name"]), *map(str, found.get("using_column_names") or ())]
        parameters, text = _on_columns(function, columns)
        name, kind = str(column["name"]), str(column["type_text"])
        shown, unmasked, otherwise = _parts(text, name, kind)
        yield ColumnMask(table["full_name"], name, function["full_name"], parameters, shown, unmasked, otherwise)


def _function(metastore: Metastore, name: str) -> Body:
    found = metastore.find(FUNCTION, name)
    if found is None:
        raise Unreadable(f"function {name} does not exist")
    return found


def _on_columns(function: Body, columns: list[str]) -> tuple[tuple[Parameter, ...], str]:
    """The function's text with the table's columns for its parameters."""
    given = [(str(one["name"]), str(one["type_text"])) for one in function["input_params"]["parameters"]]
    if len(given) != len(columns):
        raise Unreadable(f"function {function['full_name']} takes {len(given)} parameters, not {len(columns)}")
    names = {name.lower(): column for (name, _), column in zip(given, columns, strict=True)}
    words = [_renamed(word, names) for word in _WORD.findall(str(function["routine_definition"]).strip())]
    kinds = tuple(Parameter(column, kind) for column, (_, kind) in zip(columns, given, strict=True))
    return kinds, "".join(words)


def _renamed(word: str, names: dict[str, str]) -> str:
    plain = word[1:-1].replace("``", "`") if word.startswith("`") else word
    if word.startswith("'") or plain.lower() not in names:
        return word
    return ticked(names[plain.lower()])


def _check(text: str) -> None:
    try:
        parse_unity_rows(text)
    except RowsError as error:
        raise Unreadable(f"cannot be read as a condition on rows: {error}") from None


def _is_condition(text: str) -> bool:
    try:
        parse_unity_rows(text)
    except RowsError:
        return False
    return True


def _parts(text: str, column: str, kind: str) -> tuple[str, str, str]:
    """(where it is shown, to whom unmasked, what others see): the reverse of how masks are written."""
    for otherwise in [ticked(column), *(masked(one, column, kind) for one in MASKS)]:
        if text == otherwise:
            return "", "", otherwise
        choice = f"{THEN}{ticked(column)} ELSE {otherwise}{END}"
        if text.startswith(CASE) and text.endswith(choice) and _is_condition(who := text[len(CASE) : -len(choice)]):
            return "", who, otherwise
        plain = f"{THEN}{otherwise}{END}"
        if text.startswith(CASE) and text.endswith(plain) and _is_condition(where := text[len(CASE) : -len(plain)]):
            return where, "", otherwise
        if text.startswith(CASE) and text.endswith(choice + END):
            middle = text[len(CASE) : -len(choice + END)]
            where, found, who = middle.rpartition(f"{THEN}{CASE}")
            if found and _is_condition(where) and _is_condition(who):
                return where, who, otherwise
    raise Unreadable(f"the mask of {column} is none that is known")
