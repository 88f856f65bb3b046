"""Prepared statements: SQL with `?` that is kept in a workgroup and run by EXECUTE … USING."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lakewright.query.athena.errors import invalid, not_found
from lakewright.query.athena.items import Items
from lakewright.query.athena.tokens import after, page
from lakewright.query.athena.workgroups import WorkGroups

if TYPE_CHECKING:
    from lakewright.query.athena.caller import Caller

Body = Mapping[str, Any]
KIND = "prepared-statement"
MOST = 1000


class PreparedStatements:
    """The prepared statements of all workgroups."""

    def __init__(self, items: Items, workgroups: WorkGroups, clock: Callable[[], float]) -> None:
        self._items = items
        self._workgroups = workgroups
        self._clock = clock

    def count(self, workgroup: str) -> int:
        return self._items.count(KIND, workgroup)

    def text(self, name: str, workgroup: str) -> str | None:
        """The SQL behind a name."""
        found = self._items.get(KIND, name, workgroup)
        return None if found is None else str(found["QueryStatement"])

    def keep(self, name: str, workgroup: str, sql: str, description: str = "", *, replace: bool) -> None:
        """Raises InvalidRequestException when the name is taken, unless it may be replaced, and beyond 1,000."""
        made = {"StatementName": name, "WorkGroupName": workgroup, "QueryStatement": sql}
        made |= {"Description": description} if description else {}
        document = {**made, "LastModifiedTime": self._clock()}
        taken = self._items.get(KIND, name, workgroup) is not None
        if taken and not replace:
            raise invalid(f"PreparedStatement {name} already exists in WorkGroup {workgroup}")
        if not taken and self.count(workgroup) >= MOST:
            raise invalid(f"A WorkGroup holds at most {MOST} prepared statements")
        self._items.put(KIND, name, document, workgroup)

    def drop(self, name: str, workgroup: str) -> bool:
        return self._items.delete(KIND, name, workgroup)

    def create(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.open(body["WorkGroup"], caller, "CreatePreparedStatement").name
        description = body.get("Description", "")
        self.keep(body["StatementName"], workgroup, body["QueryStatement"], description, replace=False)
        return {}

    def update(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.open(body["WorkGroup"], caller, "UpdatePreparedStatement").name
        name = body["StatementName"]
        if self.text(name, workgroup) is None:
            raise not_found(f"PreparedStatement {name} was not found in WorkGroup {workgroup}", name)
        self.keep(name, workgroup, body["QueryStatement"], body.get("Description", ""), replace=True)
        return {}

    def get(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.usable(body["WorkGroup"], caller, "GetPreparedStatement").name
        name = body["StatementName"]
        found = self._items.get(KIND, name, workgroup)
        if found is None:
            raise not_found(f"No Prepared Statement with statement name {name} exists in WorkGroup {workgroup}", name)
        return {"PreparedStatement": found}

    def batch_get(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.usable(body["WorkGroup"], caller, "BatchGetPreparedStatement").name
        found, missing = [], []
        for name in body["PreparedStatementNames"]:
            document = self._items.get(KIND, name, workgroup)
            if document is not None:
                found.append(document)
                continue
            text = f"No Prepared Statement with statement name {name} exists in WorkGroup {workgroup}"
            missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": text})
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}

    def list(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.usable(body["WorkGroup"], caller, "ListPreparedStatements").name
        known = self._items.all(KIND, workgroup)
        shown, token = page(list(known), after(body, "ListPreparedStatements"), body.get("MaxResults", 50), str)
        summaries = [{"StatementName": one, "LastModifiedTime": known[one]["LastModifiedTime"]} for one in shown]
        answer: dict[str, Any] = {"PreparedStatements": summaries}
        return answer | token("ListPreparedStatements")

    def delete(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.open(body["WorkGroup"], caller, "DeletePreparedStatement").name
        name = body["StatementName"]
        if not self.drop(name, workgroup):
            raise not_found(f"PreparedStatement {name} was not found in WorkGroup {workgroup}", name)
        return {}
