"""Named queries: SQL that is kept under a name, declared in platform.yaml or saved by clients."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakewright.query.athena.errors import AwsError, invalid
from lakewright.query.athena.items import Items
from lakewright.query.athena.tokens import after, page
from lakewright.query.athena.workgroups import PRIMARY, WorkGroups

if TYPE_CHECKING:
    from lakewright.query.athena.caller import Caller

Body = Mapping[str, Any]
KIND = "named-query"
NAMESPACE = uuid.UUID("6f1c3c1e-7a43-4d0e-9a5b-1f0a6a3d9f52")


@dataclass(frozen=True)
class NamedQuery:
    """One query of platform.yaml; `declared_at` is its file and line. Its id is the same on every machine."""

    name: str
    database: str
    sql: str
    description: str = ""
    workgroup: str = PRIMARY
    declared_at: str = ""

    @property
    def id(self) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self.workgroup}/{self.name}"))

    def described(self) -> dict[str, str]:
        answer = {"Name": self.name, "Database": self.database, "QueryString": self.sql}
        answer |= {"NamedQueryId": self.id, "WorkGroup": self.workgroup}
        return answer | ({"Description": self.description} if self.description else {})


class NamedQueries:
    """The named queries of all workgroups that a caller may use."""

    def __init__(self, declared: Sequence[NamedQuery], items: Items, workgroups: WorkGroups) -> None:
        self.declare(declared)
        self._items = items
        self._workgroups = workgroups

    def declare(self, declared: Sequence[NamedQuery]) -> None:
        """What platform.yaml says from now on."""
        self._declared = {one.id: one for one in declared}

    def count(self, workgroup: str) -> int:
        declared = sum(one.workgroup == workgroup for one in self._declared.values())
        return declared + self._items.count(KIND, workgroup)

    def create(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.open(body.get("WorkGroup"), caller, "CreateNamedQuery").name
        token = body.get("ClientRequestToken", "")
        made = {name: body[name] for name in ("Name", "Database", "QueryString", "Description") if name in body}
        seed = f"{caller.principal.name}/{workgroup}/{token}"
        query_id = str(uuid.uuid5(NAMESPACE, seed)) if token else str(uuid.uuid4())
        made |= {"NamedQueryId": query_id, "WorkGroup": workgroup}
        if not self._items.add(KIND, query_id, made, workgroup) and self._items.get(KIND, query_id, workgroup) != made:
            raise invalid("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
        return {"NamedQueryId": query_id}

    def get(self, body: Body, caller: Caller) -> dict[str, Any]:
        return {"NamedQuery": self._found(body["NamedQueryId"], caller, "GetNamedQuery")}

    def batch_get(self, body: Body, caller: Caller) -> dict[str, Any]:
        found, missing = [], []
        for query_id in body["NamedQueryIds"]:
            try:
                found.append(self._found(query_id, caller, "BatchGetNamedQuery"))
            except AwsError as error:
                code = error.fields.get("ErrorCode", error.code)
                missing.append({"NamedQueryId": query_id, "ErrorCode": code, "ErrorMessage": error.message})
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def list(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.usable(body.get("WorkGroup"), caller, "ListNamedQueries").name
        declared = [one.id for one in self._declared.values() if one.workgroup == workgroup]
        ids = sorted([*declared, *self._items.names(KIND, workgroup)])
        shown, token = page(ids, after(body, "ListNamedQueries"), body.get("MaxResults", 50) or 50, str)
        answer: dict[str, Any] = {"NamedQueryIds": shown}
        return answer | token("ListNamedQueries")

    def update(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._changeable(body["NamedQueryId"], caller, "UpdateNamedQuery")
        found |= {"Name": body["Name"], "QueryString": body["QueryString"]}
        if "Description" in body:
            found["Description"] = body["Description"]
        self._items.put(KIND, found["NamedQueryId"], found, found["WorkGroup"])
        return {}

    def delete(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._changeable(body["NamedQueryId"], caller, "DeleteNamedQuery")
        self._items.delete(KIND, found["NamedQueryId"], found["WorkGroup"])
        return {}

    def _changeable(self, query_id: str, caller: Caller, action: str) -> dict[str, Any]:
        if (declared := self._declared.get(query_id)) is not None:
            raise invalid(f"NamedQuery {declared.name} is declared at {declared.declared_at}; change it there.")
        return self._found(query_id, caller, action)

    def _found(self, query_id: str, caller: Caller, action: str) -> dict[str, Any]:
        """Raises InvalidRequestException when there is none, or it is in a workgroup that the caller may not use."""
        found = self._declared[query_id].described() if query_id in self._declared else self._created(query_id)
        if found is not None:
            try:
                self._workgroups.usable(found["WorkGroup"], caller, action)
            except AwsError:
                found = None
        if found is None:
            raise invalid(f"NamedQuery {query_id} was not found", "NAMED_QUERY_NOT_FOUND")
        return found

    def _created(self, query_id: str) -> dict[str, Any] | None:
        names = self._workgroups.names()
        return next((one for name in names if (one := self._items.get(KIND, query_id, name)) is not None), None)
