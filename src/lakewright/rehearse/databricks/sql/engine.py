"""The product's governed query engine over one metastore: each statement as its caller, by what is granted then."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.errors import LakewrightError
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal
from lakewright.models import dialect
from lakewright.query.audit import AuditLog
from lakewright.query.governed import NEWEST, Governor, Query, QueryFailed, Refused
from lakewright.rehearse.aws.live.athena.delta_sources import DeltaTables
from lakewright.rehearse.databricks.sql.problems import SqlProblem, not_found
from lakewright.rehearse.databricks.sql.selects import Asker, Select
from lakewright.rehearse.databricks.sql.sources import Everything, sources_of
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.unity.kinds import METASTORE
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.rehearse.databricks.unity.state import EMPTY, GRANTED, HANDED, Seen, policy_of
from lakewright.rehearse.databricks.world import ACCOUNT, metastore_scope, workspace_scope
from lakewright.spec import Secret

Salt = Callable[[int], Secret | None]
"""What a workspace keeps under the name of the masks' salt."""


@dataclass(frozen=True)
class Compilation:
    """A query's text for the columns that its caller may see."""

    text: str

    def __call__(self, schemas: Mapping[str, Mapping[str, str]]) -> str:
        return dialect.to_duckdb(self.text, schemas, now=datetime.now(UTC))


class Engine:
    """One for each workspace: what it sees depends on bindings. `close` it at the end."""

    def __init__(
        self, objects: Objects, metastore: str, workspace: int, folder: Path, tables: DeltaTables, salt: Salt
    ) -> None:
        self._objects, self._metastore, self._workspace = objects, metastore, workspace
        self._tables, self._salt = tables, salt
        self._known: tuple[tuple[int, ...], Policy] | None = None
        audit = AuditLog(folder / "audit", folder / "audit.head")
        self._rows = folder / "rows"
        self._handed: dict[str, Path] = {}
        self._governor = Governor(self.sources, self.policy, audit, preludes=("", dialect.MACROS), ahead=1)

    def close(self) -> None:
        self._governor.close()

    def _body(self) -> Body:
        body = self._objects.get(METASTORE, ACCOUNT, self._metastore)
        return body or {"metastore_id": self._metastore, "name": "", "owner": ""}

    def sources(self) -> Everything:
        with self._objects.transaction():
            return sources_of(Metastore(self._objects, self._body()), self._tables, dict(self._handed))

    @contextmanager
    def handed(self, rows: pa.Table) -> Iterator[str]:
        """Rows as a table under a name that nobody else knows, until the block ends."""
        key = uuid.uuid4().hex
        self._rows.mkdir(mode=0o700, exist_ok=True)
        file = self._rows / f"{key}.parquet"
        pq.write_table(rows, file)
        name = f"made.rows.{key}{HANDED}"
        self._handed[name] = file
        try:
            yield name
        finally:
            del self._handed[name]
            file.unlink()

    def cancel(self, query: str) -> None:
        """Ends a query that runs."""
        self._governor.cancel(query)

    def policy(self) -> Policy:
        """By what is granted now."""
        with self._objects.transaction():
            scopes = ACCOUNT, metastore_scope(self._metastore), workspace_scope(self._workspace)
            changes = self._objects.changes(*scopes)
            if self._known is None or self._known[0] != changes:
                seen = Seen(self._objects, self._body())
                self._known = changes, policy_of(seen, self._workspace, self._salt(self._workspace))
            return self._known[1]

    def rows(self, select: Select, asker: Asker, statement: str, begins: Callable[[str], None]) -> pa.Table:
        """Raises SqlProblem. Who may read a table of which a filter leaves no row gets an empty one.

        Whether the caller may read its tables is asked before; what the engine still refuses is what has no rows."""
        names = dict(select.tables)
        while True:
            query = Query(
                id=str(uuid.uuid4()),
                principal=Principal(asker.name, asker.groups),
                text=statement,
                tables=dict.fromkeys(names, NEWEST),
                compile=Compilation(select.text),
                prelude=dialect.MACROS,
                names=names,
            )
            begins(query.id)
            try:
                return self._run(query)
            except Refused as error:
                refused = [name for name, table in names.items() if error.table in (name, table)]
                if not refused or names[refused[0]].endswith((EMPTY, HANDED)):
                    raise not_found(error.table.removesuffix(GRANTED)) from None
                names |= {name: names[name].removesuffix(GRANTED) + EMPTY for name in refused}

    def _run(self, query: Query) -> pa.Table:
        try:
            with self._governor.run(query) as answer:
                return answer.table()
        except Refused:
            raise
        except QueryFailed as error:
            raise SqlProblem("QUERY_EXECUTION_FAILED", error.fact, "XX000") from None
        except LakewrightError as error:
            raise SqlProblem("UNSUPPORTED_OR_WRONG", str(error), "42000") from None


class Engines:
    """Started when first asked. `close` them at the end."""

    def __init__(self, objects: Objects, folder: Path, folder_of: Callable[[str], Path], salt: Salt) -> None:
        self._objects, self._folder, self._salt = objects, folder, salt
        self._tables = DeltaTables(folder_of)
        self._made: dict[tuple[int, str], Engine] = {}
        self._lock = threading.Lock()

    def of(self, workspace: int, metastore: str) -> Engine:
        with self._lock:
            found = self._made.get((workspace, metastore))
            if found is None:
                folder = self._folder / "sql" / str(workspace)
                folder.mkdir(parents=True, exist_ok=True)
                found = Engine(self._objects, metastore, workspace, folder, self._tables, self._salt)
                self._made[workspace, metastore] = found
            return found

    def cancel(self, query: str) -> None:
        """Ends a query, wherever it runs."""
        with self._lock:
            made = list(self._made.values())
        for one in made:
            one.cancel(query)

    def close(self) -> None:
        for one in self._made.values():
            one.close()
