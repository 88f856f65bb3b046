"""ALTER and COMMENT ON: owners, filters, masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lakewright.rehearse.databricks.sql.problems import SqlProblem, unsupported
from lakewright.rehearse.databricks.sql.statement import NOTHING, SECURABLES, Columns, Statement
from lakewright.rehearse.databricks.sql.views import check_noun, redefine
from lakewright.rehearse.databricks.sql.words import Words
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity import contents
from lakewright.rehearse.databricks.unity.functions import Unreadable, column_mask, row_filter
from lakewright.rehearse.databricks.unity.kinds import FUNCTION, KINDS, METASTORE, TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore, metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of


def alter(on: Statement, words: Words) -> Columns:
    kind = SECURABLES.get(noun := words.word())
    if kind is None or kind == METASTORE:
        raise unsupported(f"ALTER {noun}")
    name = ".".join(on.whole(words.path(), KINDS[kind].parts))
    check_noun(on, noun, name)
    if noun == "VIEW" and words.take("AS"):
        return redefine(on, name, words.rest())
    metastore = metastore_of(on.call)
    body = metastore.get(kind, name)
    rights_of(on.call, metastore).need_manage(kind, name)
    if words.take("OWNER", "TO") or words.take("SET", "OWNER", "TO"):
        body["owner"] = contents.new_owner(on.call, metastore, kind, body, words.name())
    elif kind == TABLE and words.take("SET", "ROW", "FILTER"):
        function = _named_function(on, metastore, words.path())
        words.need("ON")
        body["row_filter"] = {"function_name": function, "input_column_names": _names(words)}
        _checked(row_filter, metastore, body)
    elif kind == TABLE and words.take("DROP", "ROW", "FILTER"):
        body.pop("row_filter", None)
    elif kind == TABLE and words.take("ALTER", "COLUMN"):
        _mask(on, words, metastore, body)
    else:
        raise unsupported(f"ALTER {noun} {words.rest()}")
    words.end()
    metastore.put(kind, body)
    return NOTHING


def _mask(on: Statement, words: Words, metastore: Metastore, body: Body) -> None:
    name = words.name().lower()
    column = next((one for one in body["columns"] if str(one["name"]).lower() == name), None)
    if column is None:
        raise SqlProblem("UNRESOLVED_COLUMN", f"A column with name `{name}` cannot be resolved.", "42703")
    if words.take("DROP", "MASK"):
        column.pop("mask", None)
        return
    words.need("SET", "MASK")
    mask: Body = {"function_name": _named_function(on, metastore, words.path())}
    if words.take("USING", "COLUMNS"):
        mask["using_column_names"] = _names(words)
    column["mask"] = mask
    _checked(column_mask, metastore, body)


def _named_function(on: Statement, metastore: Metastore, path: Sequence[str]) -> str:
    name = ".".join(on.whole(path, 3))
    metastore.get(FUNCTION, name)
    rights = rights_of(on.call, metastore)
    rights.need(("EXECUTE",), FUNCTION, name)
    return name


def _names(words: Words) -> list[str]:
    words.need("(")
    found = []
    while not words.take(")"):
        found.append(words.name())
        words.take(",")
    return found


def comment(on: Statement, words: Words) -> Columns:
    words.need("ON")
    kind = SECURABLES.get(noun := words.word())
    if kind is None or kind == METASTORE:
        raise unsupported(f"COMMENT ON {noun}")
    name = ".".join(on.whole(words.path(), KINDS[kind].parts))
    words.need("IS")
    metastore = metastore_of(on.call)
    body = metastore.get(kind, name)
    rights_of(on.call, metastore).need_manage(kind, name)
    metastore.put(kind, body | {"comment": words.text()})
    return NOTHING


def _checked(read: Callable[[Metastore, Body], Any], metastore: Metastore, body: Body) -> None:
    """What cannot be enforced is refused when it is set."""
    try:
        list(read(metastore, body))
    except Unreadable as why:
        raise unsupported(str(why)) from None
