"""CREATE VIEW, ALTER VIEW … AS: a query under a name, read with its owner's privileges.

Who makes one needs CREATE TABLE in the schema and may read all that it names; only its owner changes its query
(https://docs.databricks.com/aws/en/views/create-views).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from lakewright.rehearse.databricks.faults import denied
from lakewright.rehearse.databricks.sql.problems import SqlProblem, syntax, unsupported
from lakewright.rehearse.databricks.sql.reading import namespace
from lakewright.rehearse.databricks.sql.selects import parsed
from lakewright.rehearse.databricks.sql.statement import NOTHING, Columns, Statement
from lakewright.rehearse.databricks.sql.words import Words
from lakewright.rehearse.databricks.sql.writing import canonical
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity import contents
from lakewright.rehearse.databricks.unity.kinds import METASTORE, TABLE
from lakewright.rehearse.databricks.unity.metastore import metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of

VIEW = "VIEW"


@dataclass(frozen=True)
class Named:
    """A column of a view, where its list gives another name than the query."""

    name: str
    comment: str = ""


def check_noun(on: Statement, noun: str, name: str) -> None:
    """A view is called a view, and a table a table. Raises SqlProblem."""
    if noun not in (VIEW, "TABLE"):
        return
    with on.call.objects.transaction():
        body = metastore_of(on.call).find(TABLE, name)
    if body is None or (body["table_type"] == VIEW) == (noun == VIEW):
        return
    if noun == VIEW:
        raise SqlProblem("EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"'{name}' is a table, not a view.", "42809")
    raise SqlProblem("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", f"'{name}' is a view, not a table.", "42809")


def create_view(on: Statement, words: Words, *, lenient: bool, instead: bool) -> Columns:
    catalog, schema, name = on.whole(words.path(), 3)
    full = f"{catalog}.{schema}.{name}"
    named = _named(words) if words.take("(") else []
    given: Body = {"name": name, "table_type": VIEW}
    query = _clauses(words, given)
    check_noun(on, VIEW, full)
    if _is_there(on, full) and lenient:
        return NOTHING
    definition, columns = _defined(on, query, named)
    given |= {"view_definition": definition, "columns": columns}
    given["properties"] = (given.get("properties") or {}) | namespace(on.asker.catalog, on.asker.schema)
    with on.call.objects.transaction():
        on.alive()
        metastore = metastore_of(on.call)
        if instead and _is_there(on, full):
            _need_owner(on, full)
            _replaced(on, full, given)
        else:
            contents.register_table(on.call, metastore, f"{catalog}.{schema}", given)
    return NOTHING


def redefine(on: Statement, name: str, query: str) -> Columns:
    """ALTER VIEW … AS."""
    metastore_of(on.call).get(TABLE, name)
    _need_owner(on, name)
    definition, columns = _defined(on, query, [])
    properties = namespace(on.asker.catalog, on.asker.schema)
    _replaced(on, name, {"view_definition": definition, "columns": columns, "properties": properties})
    return NOTHING


def _is_there(on: Statement, name: str) -> bool:
    return metastore_of(on.call).find(TABLE, name) is not None


def _need_owner(on: Statement, name: str) -> None:
    """MANAGE is not enough. Raises PERMISSION_DENIED."""
    metastore = metastore_of(on.call)
    rights = rights_of(on.call, metastore)
    rights.need_write(TABLE, name)
    if not rights.owns(TABLE, name) and not rights.owns(METASTORE, metastore.id):
        raise denied(f"User is not an owner of Table '{name}'.")


def _replaced(on: Statement, name: str, given: Body) -> None:
    """Another query under the same name: owner and grants stay."""
    metastore = metastore_of(on.call)
    body = metastore.get(TABLE, name)
    columns = contents.columns_of(given["columns"])
    kept = {key: value for key, value in given.items() if key in ("view_definition", "comment", "properties")}
    changed = {"updated_at": on.call.world.now(), "updated_by": on.call.caller.name}
    metastore.put(TABLE, body | kept | {"columns": columns} | changed)


def _named(words: Words) -> list[Named]:
    found = []
    while True:
        name = words.name()
        found.append(Named(name, words.text() if words.take("COMMENT") else ""))
        if words.take(")"):
            return found
        words.need(",")


def _clauses(words: Words, given: Body) -> str:
    """Adds what stands before AS; gives the query."""
    while words.next.kind == "name":
        match words.word():
            case "COMMENT":
                given["comment"] = words.text()
            case "TBLPROPERTIES":
                given["properties"] = _properties(words)
            case "AS":
                return words.rest()
            case other:
                raise unsupported(f"the clause {other} of a view")
    raise syntax("AS and a query were expected.")


def _properties(words: Words) -> dict[str, str]:
    words.need("(")
    found = {}
    while not words.take(")"):
        name = words.text() if words.next.kind == "text" else ".".join(words.path())
        words.take("=")
        found[name] = words.text()
        words.take(",")
    return found


def _defined(on: Statement, query: str, named: list[Named]) -> tuple[str, list[Body]]:
    """The query as it is kept, and the columns that it gives. It is asked, for no row, with the rights of who makes the
    view. Raises SqlProblem."""
    tree = parsed(query)
    if not isinstance(tree, exp.Query):
        raise syntax("A view is a query.")
    if tree.find(exp.Placeholder, exp.Parameter):
        raise SqlProblem("UNSUPPORTED_FEATURE.PARAMETER_MARKER_IN_UNEXPECTED_STATEMENT",
                         "Parameter markers are not allowed in the query of CREATE VIEW.", "0A000")  # fmt: skip
    found: pa.Table = on.run(exp.select(exp.Star()).from_(tree.subquery("__lw_view")).limit(0))
    if named and len(named) != found.num_columns:
        text = f"The view has {len(named)} columns, the query {found.num_columns}."
        raise SqlProblem("CREATE_VIEW_COLUMN_ARITY_MISMATCH", text, "21S01")
    kinds = [canonical(one.type) for one in found.schema]
    if not named:
        return query, [{"name": one.name, "type_text": kind} for one, kind in zip(found.schema, kinds, strict=True)]
    columns = [
        {"name": one.name, "type_text": kind, **({"comment": one.comment} if one.comment else {})}
        for one, kind in zip(named, kinds, strict=True)
    ]
    return _renamed(tree, [one.name for one in named], found.column_names), columns


def _renamed(tree: exp.Query, names: list[str], given: list[str]) -> str:
    """The query with a list's names for its columns."""
    pairs = [
        exp.alias_(exp.column(exp.to_identifier(old, quoted=True), "__lw_view"), exp.to_identifier(new, quoted=True))
        for old, new in zip(given, names, strict=True)
    ]
    return exp.select(*pairs).from_(tree.copy().subquery("__lw_view")).sql("databricks")
