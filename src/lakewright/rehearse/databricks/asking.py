"""SQL for a rehearsal: statements of one principal, asked over HTTP as any client would, without the SDK."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.sql.warehouses import WAREHOUSE
from lakewright.rehearse.databricks.workspace.permissions import FIELDS
from lakewright.rehearse.databricks.world import workspace_scope

STATEMENTS = "/api/2.0/sql/statements"
Row = list[str | None]


@dataclass(frozen=True)
class Asking:
    """A principal (e-mail or application id) in a workspace of the local Databricks."""

    databricks: LocalDatabricks
    workspace: int
    principal: str

    def rows(self, statement: str) -> list[Row]:
        """What a statement gives, as text. Raises ProblemError LW1503 with the service's words when it fails."""
        body: dict[str, Any] = {"statement": statement, "warehouse_id": self._warehouse(), "wait_timeout": "50s"}
        found = self.call("POST", STATEMENTS, body)
        while found["status"]["state"] in ("PENDING", "RUNNING"):
            time.sleep(0.1)
            found = self.call("GET", f"{STATEMENTS}/{found['statement_id']}")
        if found["status"]["state"] != "SUCCEEDED":
            said = (found["status"].get("error") or {}).get("message", found["status"]["state"])
            raise ProblemError("LW1503", said, place=self.principal)
        part, rows = found["result"], list(found["result"]["data_array"])
        while "next_chunk_internal_link" in part:
            part = self.call("GET", part["next_chunk_internal_link"])
            rows += part["data_array"]
        return rows

    def _warehouse(self) -> str:
        """The workspace's first warehouse, of which the principal gets the use; or one for rehearsals."""
        objects, scope = self.databricks.world.objects, workspace_scope(self.workspace)
        known = objects.all(WAREHOUSE, scope)
        administrator = Asking(self.databricks, self.workspace, self.databricks.client_id)
        if not known:
            body = {"name": "rehearsal", "cluster_size": "2X-Small"}
            key = str(administrator.call("POST", "/api/2.0/sql/warehouses", body)["id"])
        else:
            key = str(known[0]["id"])
        who = principals.find(objects, self.principal)
        if who is not None and self.principal != self.databricks.client_id:
            entry = {FIELDS[who.kind]: who.name, "permission_level": "CAN_USE"}
            path = f"/api/2.0/permissions/warehouses/{key}"
            administrator.call("PATCH", path, {"access_control_list": [entry]})
        return key

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        place = urlsplit(self.databricks.world.address_of(self.workspace))
        headers = {"Authorization": f"Bearer {self.databricks.token(self.principal)}"}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=120)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        if answer.status >= 400:
            raise ProblemError("LW1503", str(found.get("message", answer.reason)), place=self.principal)
        return found
