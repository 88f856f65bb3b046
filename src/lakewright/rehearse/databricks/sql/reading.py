"""Queries with everything that they read: tables as what was granted, views with their owners' grants, and what
`information_schema` tells.

A view is read with the privileges of its owner; who asks needs the view's own only
(https://docs.databricks.com/aws/en/views/create-views). Functions about who asks, and with them row filters and masks,
mean who asks (https://docs.databricks.com/aws/en/views/dynamic). Its rows are made first, by a query of its own: so
whoever asks gets nothing of what lies below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pyarrow as pa
from sqlglot import exp

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import DatabricksFault
from lakewright.rehearse.databricks.sql.engine import Engine
from lakewright.rehearse.databricks.sql.information import is_system, relation
from lakewright.rehearse.databricks.sql.parameters import Parameters
from lakewright.rehearse.databricks.sql.problems import SqlProblem, insufficient, not_found, unsupported
from lakewright.rehearse.databricks.sql.selects import Asker, Select, prepared
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.functions import Unreadable, check_readable
from lakewright.rehearse.databricks.unity.kinds import CATALOG, TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore, metastore_of
from lakewright.rehearse.databricks.unity.rights import Rights, rights_of
from lakewright.rehearse.databricks.unity.state import GRANTED, Seen
from lakewright.rehearse.databricks.world import Call

DEEPEST = 16
NAMESPACE = "view.catalogAndNamespace"
"""Properties of a view, as Spark calls them, that hold where its names are looked for."""


def namespace(catalog: str, schema: str) -> Body:
    """The properties of a view that is made there."""
    return {f"{NAMESPACE}.numParts": "2", f"{NAMESPACE}.part.0": catalog, f"{NAMESPACE}.part.1": schema}


def need_relation(metastore: Metastore, rights: Rights, name: str) -> Body:
    """A table or view. Raises SqlProblem: to who may not look there, only that."""
    body = metastore.find(TABLE, name)
    if body is None:
        if (lacking := rights.uses(TABLE, name)) is not None and metastore.find(CATALOG, name.partition(".")[0]):
            raise insufficient(lacking)
        raise not_found(name)
    return body


class OwnerMayNot(SqlProblem):
    """The owner of a view lacks what the view reads; what that is, is not told."""

    def __init__(self, view: str) -> None:
        text = f"Insufficient privileges: the owner of view '{view}' may not read what it is made of."
        super().__init__("INSUFFICIENT_PERMISSIONS", text, "42501")


@dataclass(frozen=True)
class View:
    """A view that a query reads."""

    name: str
    definition: str
    owner: str
    catalog: str
    schema: str


@dataclass(frozen=True)
class Reading:
    """Queries of one statement. `begins` is told each query's id before it runs; it may raise."""

    call: Call
    engine: Callable[[], Engine]
    asker: Asker
    parameters: Parameters
    begins: Callable[[str], None] = field(default=lambda _: None)

    def rows(self, query: str | exp.Expr, text: str = "") -> pa.Table:
        """Raises SqlProblem, DatabricksFault. `text`: the statement, for the audit."""
        spelled = text or (query if isinstance(query, str) else query.sql("databricks"))
        with self.call.objects.transaction():
            rights = rights_of(self.call, metastore_of(self.call))
        return self._rows(prepared(query, self.asker, self.parameters), rights, spelled, 0)

    def _rows(self, select: Select, rights: Rights, text: str, depth: int) -> pa.Table:
        views: dict[str, View] = {}
        made: dict[str, pa.Table] = {}
        names = dict(select.tables)
        with self.call.objects.transaction():
            for name, table in names.items():
                if is_system(table):
                    if depth:
                        raise unsupported("information_schema in a view")
                    once = Seen(rights.metastore.objects, rights.metastore.body)  # or each look would read it anew
                    made[name] = relation(replace(rights, metastore=once), table)
                elif (view := self._readable(rights, table)) is not None:
                    views[name] = view
                elif depth:
                    names[name] = table + GRANTED
        for name, view in views.items():
            made[name] = self._view(view, rights, text, depth + 1)
        with self._handed(made) as handed:
            return self.engine().rows(Select(select.text, names | handed), self.asker, text, self.begins)

    @contextmanager
    def _handed(self, made: dict[str, pa.Table]) -> Iterator[dict[str, str]]:
        """Rows as tables of this one query: name in the query → table."""
        with ExitStack() as stack:
            yield {name: stack.enter_context(self.engine().handed(rows)) for name, rows in made.items()}

    def _readable(self, rights: Rights, name: str) -> View | None:
        """Says what is missing, as Unity Catalog would; what is decided in the end of a table is the engine's."""
        body = need_relation(rights.metastore, rights, name)
        try:
            rights.need(("SELECT",), TABLE, name)
        except DatabricksFault as fault:
            raise insufficient(fault.message) from None
        if body["table_type"] == "VIEW":
            kept = body.get("properties") or {}
            place = [str(kept.get(f"{NAMESPACE}.part.{at}") or own) for at, own in enumerate(name.split(".")[:2])]
            return View(name, str(body["view_definition"]), str(body["owner"]), *place)
        try:
            check_readable(rights.metastore, name)
        except Unreadable as why:
            raise unsupported(f"{why}; nobody reads {name}") from None
        return None

    def _view(self, view: View, rights: Rights, text: str, depth: int) -> pa.Table:
        if depth > DEEPEST:
            raise SqlProblem("RECURSIVE_VIEW", f"Recursive view `{view.name}` detected.", "42K0H")
        inside = replace(self, asker=replace(self.asker, catalog=view.catalog, schema=view.schema), parameters={})
        subjects = principals.subjects_of(self.call.objects, view.owner)
        owner = Rights(rights.metastore, subjects, rights.workspace)
        try:
            return inside._rows(prepared(view.definition, inside.asker, {}), owner, text, depth)
        except OwnerMayNot:
            raise
        except SqlProblem as problem:
            if problem.name != "INSUFFICIENT_PERMISSIONS":
                raise
            raise OwnerMayNot(view.name) from None
