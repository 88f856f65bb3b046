"""Every execution ever started, until it is forgotten: found by id, token or age, also after a restart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from lakewright.query.athena.database import Database
from lakewright.query.athena.execution import Execution

KEPT_IN_MEMORY = 2000


class TokenTaken(Exception):  # noqa: N818 - the caller decides whether it is an error
    """The principal used this token before, for `execution`."""

    def __init__(self, execution: Execution) -> None:
        super().__init__(execution.id)
        self.execution = execution


class History:
    """Executions by id. What changed last is also kept in memory, since clients ask for it again at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: OrderedDict[str, Execution] = OrderedDict()

    def add(self, execution: Execution) -> None:
        """Raises TokenTaken when the principal's token is known."""
        request = execution.request
        with self._database.changing() as connection:
            if request.token:
                sql = "SELECT document FROM executions WHERE principal = ? AND token = ?"
                found = connection.execute(sql, (execution.principal, request.token)).fetchone()
                if found is not None:
                    raise TokenTaken(Execution.from_text(found[0]))
            connection.execute(
                "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    execution.id,
                    execution.principal,
                    request.workgroup,
                    execution.state.value,
                    execution.submitted,
                    execution.completed,
                    request.token or None,
                    request.fingerprint,
                    execution.reuse_key,
                    execution.as_text(),
                ),
            )
            self._remember(execution)

    def save(self, execution: Execution) -> None:
        """Replaces what is known of an execution."""
        sql = "UPDATE executions SET state = ?, completed = ?, reuse_key = ?, document = ? WHERE id = ?"
        with self._database.using() as connection:
            values = (execution.state.value, execution.completed, execution.reuse_key, execution.as_text())
            connection.execute(sql, (*values, execution.id))
            self._remember(execution)

    def find(self, execution_id: str) -> Execution | None:
        with self._database.using() as connection:
            if (known := self._recent.get(execution_id)) is not None:
                return known
            row = connection.execute("SELECT document FROM executions WHERE id = ?", (execution_id,)).fetchone()
        return None if row is None else Execution.from_text(row[0])

    def with_token(self, principal: str, token: str) -> Execution | None:
        sql = "SELECT document FROM executions WHERE principal = ? AND token = ?"
        with self._database.using() as connection:
            row = connection.execute(sql, (principal, token)).fetchone()
        return None if row is None else Execution.from_text(row[0])

    def listing(
        self, workgroup: str, principal: str | None, before: tuple[float, str] | None, limit: int
    ) -> list[tuple[float, str]]:
        """(submitted, id) of a workgroup, newest first, from beyond `before`; of everybody without a principal."""
        sql, values = "SELECT submitted, id FROM executions WHERE workgroup = ?", [workgroup]
        if principal is not None:
            sql, values = sql + " AND principal = ?", [*values, principal]
        position: tuple[float | str, ...] = ()
        if before is not None:
            sql, position = sql + " AND (submitted, id) < (?, ?)", before
        sql += " ORDER BY submitted DESC, id DESC LIMIT ?"
        with self._database.using() as connection:
            return list(connection.execute(sql, (*values, *position, limit)))

    def reusable(self, key: str, since: float) -> Iterator[Execution]:
        """Executions that succeeded with this reuse key, completed at `since` or later, newest first."""
        sql = (
            "SELECT document FROM executions WHERE reuse_key = ? AND completed >= ? AND state = 'SUCCEEDED' "
            "ORDER BY completed DESC LIMIT 20"
        )
        with self._database.using() as connection:
            rows = connection.execute(sql, (key, since)).fetchall()
        return (Execution.from_text(row[0]) for row in rows)

    def unfinished(self) -> list[Execution]:
        sql = "SELECT document FROM executions WHERE state IN ('QUEUED', 'RUNNING')"
        with self._database.using() as connection:
            return [Execution.from_text(row[0]) for row in connection.execute(sql)]

    def completed(self, since: float, until: float) -> list[Execution]:
        """Executions that ended in [since, until)."""
        sql = "SELECT document FROM executions WHERE completed >= ? AND completed < ? ORDER BY completed"
        with self._database.using() as connection:
            return [Execution.from_text(row[0]) for row in connection.execute(sql, (since, until))]

    def forget(self, ids: Sequence[str]) -> None:
        with self._database.changing() as connection:
            connection.executemany("DELETE FROM executions WHERE id = ?", [(one,) for one in ids])
            for one in ids:
                self._recent.pop(one, None)

    def _remember(self, execution: Execution) -> None:
        self._recent[execution.id] = execution
        self._recent.move_to_end(execution.id)
        while len(self._recent) > KEPT_IN_MEMORY:
            self._recent.popitem(last=False)
