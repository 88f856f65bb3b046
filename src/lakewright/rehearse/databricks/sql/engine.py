"""The product's governed query engine over one metastore: each statement as its caller, by what is granted then."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from lakewright.errors import LakewrightError
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal
from lakewright.models import dialect
from lakewright.query.audit import AuditLog
from lakewright.query.governed import NEWEST, Governor, Query, QueryFailed, Refused
from lakewright.rehearse.aws.live.athena.delta_sources import DeltaSources, DeltaTables
from lakewright.rehearse.databricks.sql.problems import SqlProblem, not_found
from lakewright.rehearse.databricks.sql.selects import Asker, Select
from lakewright.rehearse.databricks.sql.sources import sources_of
from lakewright.rehearse.databricks.store import Objects
from lakewright.rehearse.databricks.unity.metastore import METASTORE
from lakewright.rehearse.databricks.unity.state import Seen, policy_of
from lakewright.rehearse.databricks.world import ACCOUNT
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
        audit = AuditLog(folder / "audit", folder / "audit.head")
        self._governor = Governor(self.sources, self.policy, audit, preludes=("", dialect.MACROS), ahead=1)

    def close(self) -> None:
        self._governor.close()

    def _seen(self) -> Seen:
        body = self._objects.get(METASTORE, ACCOUNT, self._metastore)
        return Seen(self._objects, body or {"metastore_id": self._metastore, "name": "", "owner": ""})

    def sources(self) -> DeltaSources:
        with self._objects.transaction():
            return sources_of(self._seen(), self._tables)

    def policy(self) -> Policy:
        with self._objects.transaction():
            return policy_of(self._seen(), self._workspace, self._salt(self._workspace))

    def rows(self, select: Select, asker: Asker, statement: str, limit: int | None = None) -> pa.Table:
        """Raises SqlProblem."""
        query = Query(
            id=str(uuid.uuid4()),
            principal=Principal(asker.name, asker.groups),
            text=statement,
            tables=dict.fromkeys(select.tables, NEWEST),
            compile=Compilation(select.text),
            prelude=dialect.MACROS,
            names=select.tables,
        )
        try:
            with self._governor.run(query) as answer:
                rows = answer.table()
        except Refused as error:
            raise not_found(select.tables.get(error.table, error.table)) from None
        except QueryFailed as error:
            raise SqlProblem("QUERY_EXECUTION_FAILED", error.fact, "XX000") from None
        except LakewrightError as error:
            raise SqlProblem("UNSUPPORTED_OR_WRONG", str(error), "42000") from None
        return rows if limit is None else rows.slice(0, limit)


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

    def close(self) -> None:
        for one in self._made.values():
            one.close()
