"""Who may do what to databases and tables, and how Athena says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakewright.catalog import LocalCatalog, Snapshot, Table
from lakewright.catalog.hive_types import parse_hive_type
from lakewright.errors import SpecError
from lakewright.governance import Allowed, Decision, Principal, Privilege
from lakewright.query.athena.errors import AwsError
from lakewright.query.athena.sql import SqlError

Decide = Callable[[Principal, str, Mapping[str, str], Privilege], Decision]
"""(principal, `database.table`, column → canonical type, privilege): what the grants say now."""
ANY_TABLE = "any_table"
"""Stands for a table that does not exist yet."""


@dataclass(frozen=True)
class Authority:
    """One principal's rights on the catalog."""

    catalog: LocalCatalog
    decide: Decide
    principal: Principal
    administrator: bool

    def seen(self, name: str, snapshot: Snapshot | None = None) -> Table | None:
        """The table or view, if the principal may know of it."""
        table = (snapshot or self.catalog.snapshot()).tables.get(name)
        return table if table is not None and self.allowed(table, Privilege.DESCRIBE) is not None else None

    def allowed(self, table: Table, privilege: Privilege) -> Allowed | None:
        found = self.decide(self.principal, table.name, canonical_columns(table), privilege)
        return found if isinstance(found, Allowed) else None

    def need(self, table: Table, *privileges: Privilege) -> None:
        """Raises SqlError unless the table may be changed so, by this principal and at all."""
        for privilege in privileges:
            if (found := self.allowed(table, privilege)) is None:
                raise _denied(privilege, table.name)
            if found.rows is not None:
                raise SqlError("NOT_SUPPORTED", f"{table.name} has a row filter, and cannot be changed through Athena")
        if table.managed:
            fact = f"{table.name} is written by the platform's models and ingest only"
            raise SqlError("NOT_SUPPORTED", f"This connector does not support changes of {table.name}: {fact}")

    def may_create(self, name: str) -> bool:
        """`name`: database.table, the table not being there."""
        return isinstance(self.decide(self.principal, name, {}, Privilege.CREATE), Allowed)

    def need_create(self, name: str) -> None:
        if not self.may_create(name):
            raise _denied(Privilege.CREATE, name)

    def owns(self, table: Table) -> bool:
        return self.administrator or (table.owner != "" and table.owner == self.principal.name)

    def sees_database(self, name: str, snapshot: Snapshot) -> bool:
        """Whether something in it is visible, or may be made."""
        if name not in self.databases_of(snapshot):
            return False
        if self.may_create(f"{name}.{ANY_TABLE}"):
            return True
        tables = (one for one in snapshot.tables.values() if one.database == name)
        return any(self.allowed(one, Privilege.DESCRIBE) is not None for one in tables)

    def databases(self) -> list[str]:
        """Sorted; those of which the principal may know."""
        snapshot = self.catalog.snapshot()
        return [name for name in sorted(self.databases_of(snapshot)) if self.sees_database(name, snapshot)]

    def tables(self, database: str) -> list[Table]:
        """What the principal may know of, sorted."""
        snapshot = self.catalog.snapshot()
        found = (one for _, one in sorted(snapshot.tables.items()) if one.database == database)
        return [one for one in found if self.allowed(one, Privilege.DESCRIBE) is not None]

    @staticmethod
    def databases_of(snapshot: Snapshot) -> set[str]:
        return {*snapshot.databases, *(one.database for one in snapshot.tables.values())}


def canonical_columns(table: Table) -> Mapping[str, str]:
    """Column → canonical type; a type that is not Hive's stands as it is."""
    if table.managed:
        return table.columns
    return {name: _canonical(text) for name, text in table.columns.items()}


def _canonical(text: str) -> str:
    try:
        return parse_hive_type(text).canonical
    except SpecError:
        return text


def _denied(privilege: Privilege, name: str) -> SqlError:
    fact = f"Insufficient Lake Formation permission(s): Required {privilege.value.capitalize()} on {name}"
    return SqlError("PERMISSION_DENIED", fact)


def hive_failure(fact: str, kind: str = "GENERIC_USER_ERROR") -> AwsError:
    """How a statement of Hive's ends badly: its own words, without an error's name before them."""
    return AwsError("InvalidRequestException", f"FAILED: {fact}", fields={"ErrorCode": kind})


def task_failure(exception: str, message: str) -> AwsError:
    task = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask"
    return hive_failure(f"{task}. {exception}(message:{message})")


def no_table(name: str) -> AwsError:
    """Missing, or hidden: the same words."""
    return hive_failure(f"SemanticException [Error 10001]: Table not found {name}", "TABLE_NOT_FOUND")


def no_database(name: str) -> AwsError:
    return hive_failure(f"SemanticException [Error 10072]: Database does not exist: {name}", "SCHEMA_NOT_FOUND")
