"""The small lake as a catalog of Unity Catalog on the local Databricks, with the four personas of a business unit.

Engineers have one table by a grant on its schema, which it inherits; analysts and scientists read through filters and
masks, viewers one tenant of one table; somebody owns a table; others lack one link of the USE chain. The catalog is
isolated: one workspace is bound to it, one for reading only, one not at all.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from databricks.sdk.service import iam
from databricks.sdk.service.catalog import AwsIamRoleRequest
from deltalake import write_deltalake

from lakewright.governance import Privilege, TableFacts, identities, policy_from_spec
from lakewright.governance.unity_catalog import UnityCatalog, compile_unity_catalog
from lakewright.rehearse.agree.wanted import Wanted, WantedCatalog
from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from lakewright.spec.access import Access
from tests.rehearse.databricks.conftest import ROLE, Clock, Place, account_of

from .canaries import POLICY, SALT, Cell, text_of
from .people import HIDDEN, MASKED, RAW
from .searching import found_in
from .tables import SCHEMAS, Content, content, table_of
from .world import Told

CATALOG = "lake"
LAB, FIELD, OTHER = "lab", "field", "other"
"""Workspaces: bound, bound for reading, not bound."""
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "eng": ("engineers",), "ana": ("analysts",), "sci": ("scientists",), "vie": ("viewers",),
    "own": (), "nouse": (), "nocat": (), "nil": (),
}  # fmt: skip
TYPES: Mapping[str, str] = {
    "silver.orders": "id bigint, tenant string, customer_id bigint, amount bigint, price decimal(12,2), "
    "payload string, code string, placed timestamp, day date, vip boolean, tags array<string>, "
    "extra struct<a:string,n:bigint>, props map<string,string>",
    "silver.customer": "id bigint, tenant string, name string, email string, phone string, ip string, born date, "
    "note string",
    "silver.ledger": "id bigint, entry string, amount bigint",
    "gold.revenue": "tenant string, month date, amount bigint, region string",
    "gold.plans": "id bigint, tenant string, plan string",
    "quarantine.orders": "id bigint, reason string",
}
ACCESS: Mapping[str, Any] = {
    "salt": "${LEAKS_SALT}",
    "targets": {"unity_catalog": "mask"},
    "personas": {
        "Engineer": {"groups": ["engineers"]},
        "Analyst": {"groups": ["analysts"]},
        "Scientist": {"groups": ["scientists"]},
        "Viewer": {"groups": ["viewers"]},
    },
    "grants": [
        {"to": "Engineer", "on": "silver.*", "can": ["select", "insert", "update", "delete"], "classes": "*"},
        {"to": "Engineer", "on": "gold.revenue"},
        {"to": "Analyst", "on": "silver.orders", "without": ["code"]},
        {"to": "Analyst", "on": "gold.revenue"},
        {"to": "Scientist", "on": ["silver.orders", "silver.customer"], "classes": "*"},
        {"to": "Viewer", "on": "gold.revenue", "rows": "tenant = 'acme'"},
    ],
    "filters": [
        {"on": "silver.orders", "rows": f"vip = false and tenant <> '{text_of(POLICY)}'", "except": ["Engineer"]}
    ],
    "masks": [
        {"on": ["silver.customer.email"], "with": "partial_email", "except": ["Engineer"]},
        {"on": ["silver.customer.phone"], "with": "partial_phone", "except": ["Engineer"]},
        {"on": ["silver.customer.ip"], "with": "partial_ip", "except": ["Engineer"]},
        {"on": ["silver.customer.name"], "with": "hash", "except": ["Engineer"]},
        {"on": ["silver.customer.note"], "with": "redact", "except": ["Engineer"]},
        {"on": ["silver.customer.born"], "with": "year", "except": ["Engineer"]},
    ],
}
BY_HAND = (
    "REVOKE SELECT, MODIFY ON TABLE {c}.silver.ledger FROM engineers",
    "GRANT SELECT, MODIFY ON SCHEMA {c}.silver TO engineers",
    "GRANT USE CATALOG ON CATALOG {c} TO `own@example.com`",
    "GRANT USE SCHEMA ON SCHEMA {c}.gold TO `own@example.com`",
    "ALTER TABLE {c}.gold.plans OWNER TO `own@example.com`",
    "GRANT USE CATALOG ON CATALOG {c} TO `nouse@example.com`",
    "GRANT SELECT ON SCHEMA {c}.gold TO `nouse@example.com`",
    "GRANT USE SCHEMA, SELECT ON SCHEMA {c}.gold TO `nocat@example.com`",
)
"""The same by inheritance; and what no rule says: ownership, grants in which a link of the chain lacks."""


def sees(who: str, cell: Cell) -> str:
    """What somebody sees of a cell from the workspace that is bound: written by hand, the suite believes it."""
    table, column, row = cell.table, cell.column, cell.row
    match who, table:
        case _, _ if cell.version == 0 or column == "legacy":
            return HIDDEN
        case "eng", "silver.orders" | "silver.customer" | "silver.ledger" | "gold.revenue":
            return RAW
        case "ana", "silver.orders":
            return RAW if row["vip"] is False and column != "code" else HIDDEN
        case "ana", "gold.revenue":
            return RAW
        case "sci", "silver.orders":
            return RAW if row["vip"] is False else HIDDEN
        case "sci", "silver.customer":
            return RAW if column in ("id", "tenant") else MASKED
        case "vie", "gold.revenue":
            return RAW if row["tenant"] == "acme" else HIDDEN
        case "own", "gold.plans":
            return RAW
        case _:
            return HIDDEN


def mail(who: str) -> str:
    return f"{who}@example.com"


@dataclass
class UnityWorld:
    """The running Databricks. `workspaces`: name → id; `made`: what the files hold."""

    databricks: LocalDatabricks
    made: Content = field(repr=False)
    folder: Path
    workspaces: Mapping[str, int]
    warehouses: Mapping[str, str]
    wanted: Wanted = field(repr=False)
    client: Any
    compiled: UnityCatalog = field(repr=False)

    def told(self, who: str, statement: str, workspace: str = LAB) -> Told:
        """All that the API answers to a statement, chunk by chunk."""
        body = {"warehouse_id": self.warehouses[workspace], "statement": statement, "wait_timeout": "50s"}
        reply = self._asked(who, workspace, "POST", "/api/2.0/sql/statements", body | {"catalog": CATALOG})
        parts, part = [reply], (json.loads(reply).get("result") or {})
        while link := part.get("next_chunk_internal_link"):
            parts.append(self._asked(who, workspace, "GET", link))
            part = json.loads(parts[-1])
        state = (json.loads(reply).get("status") or {}).get("state")
        return Told(b"\n".join(parts), state != "SUCCEEDED")

    def _asked(self, who: str, workspace: str, method: str, path: str, body: Any = None) -> bytes:
        place = urlsplit(self.databricks.world.address_of(self.workspaces[workspace]))
        headers = {"Authorization": f"Bearer {self.databricks.token(mail(who))}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=120)) as connection:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            return connection.getresponse().read()

    def administer(self, statement: str) -> None:
        """As who made the catalog. `{columns}`: those that the filter of orders takes."""
        (orders,) = (one for one in self.compiled.row_filters if one.table.endswith(".orders"))
        taken = ", ".join(one.name for one in orders.parameters)
        client = self.client.statement_execution
        text = statement.format(columns=taken)
        done = client.execute_statement(text, self.warehouses[LAB], catalog=CATALOG, wait_timeout="50s")
        assert done.status.state.value == "SUCCEEDED", (text, done.status.error)

    def leaked(self, who: str, statement: str, told: Told, workspace: str = LAB) -> frozenset[int]:
        """Markers in an answer that this person must not see there, but for those it sent itself."""
        return (frozenset(found_in(told.data)) & self.hidden(who, workspace)) - found_in(statement.encode())

    def hidden(self, who: str, workspace: str = LAB) -> frozenset[int]:
        cells = self.made.book.cells.items()
        own = {number for number, cell in cells if workspace == OTHER or sees(who, cell) != RAW}
        return frozenset(own | {SALT, POLICY})

    def places(self) -> dict[str, str]:
        """What stands for `{…}` in attempts."""
        orders, plans = self.folder / "silver" / "orders", self.folder / "gold" / "plans"
        return {
            "file": str(next(orders.rglob("*.parquet"))),
            "plans": str(next(plans.rglob("*.parquet"))),
            "folder": str(orders),
            "lake": str(self.folder),
            "log": str(orders / "_delta_log" / "00000000000000000000.json"),
            "t": "silver.orders", "c": "silver.customer", "h": "gold.plans",
            "project": str(self.folder), "audit": str(self.folder), "out": str(self.folder.parent / "outside"),
            "pid": "1", "port": "1", "bucket": "lake", "moment": "2026-01-01 00:00:00", "trino": "2026-01-01 00:00:00",
        }  # fmt: skip


@contextmanager
def unity_world(root: Path) -> Iterator[UnityWorld]:
    """A metastore with three workspaces, one catalog, everybody, and what `access compile` says applied."""
    made = content()
    with ExitStack() as stack:
        databricks = stack.enter_context(local_databricks(root / "databricks"))
        place = Place(databricks, account_of(databricks), Clock())
        workspaces = {name: place.workspace(name) for name in (LAB, FIELD, OTHER)}
        place.metastore(*workspaces.values())
        _people(place)
        client = place.client(workspaces[LAB])
        client.storage_credentials.create("l", aws_iam_role=AwsIamRoleRequest(ROLE.format("unity")))
        client.external_locations.create("lake", "s3://lake/", "l")
        warehouses = {name: _warehouse(place, key) for name, key in workspaces.items()}
        folder = root / "databricks" / "s3" / "lake" / "files"
        _tables(client, folder, made)
        wanted, compiled = _compiled()
        for one in (*compiled.as_dict()["statements"], *(text.format(c=CATALOG) for text in BY_HAND)):
            done = client.statement_execution.execute_statement(one, warehouses[LAB], wait_timeout="50s")
            assert done.status.state.value == "SUCCEEDED", (one, done.status.error)
        client.secrets.create_scope("lakewright")
        client.secrets.put_secret("lakewright", "mask_salt", string_value=text_of(SALT))
        _bind(client, workspaces)
        yield UnityWorld(databricks, made, folder, workspaces, warehouses, wanted, client, compiled)


def _people(place: Place) -> None:
    groups: dict[str, list[iam.ComplexValue]] = {}
    for who, names in PEOPLE.items():
        made = place.account.users_v2.create(user_name=mail(who))
        for name in names:
            groups.setdefault(name, []).append(iam.ComplexValue(value=made.id))
        for workspace_ in place.account.workspaces.list():
            place.account.workspace_assignment.update(
                workspace_.workspace_id, int(made.id), permissions=[iam.WorkspacePermission.USER]
            )
    for name, members in groups.items():
        place.account.groups_v2.create(display_name=name, members=members)


def _warehouse(place: Place, workspace_: int) -> str:
    client = place.client(workspace_)
    key = str(client.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response.id)
    may = [
        iam.AccessControlRequest(user_name=mail(who), permission_level=iam.PermissionLevel.CAN_USE) for who in PEOPLE
    ]
    client.permissions.update("warehouses", key, access_control_list=may)
    return key


def _tables(client: Any, folder: Path, made: Content) -> None:
    client.catalogs.create(CATALOG, storage_root=f"s3://lake/{CATALOG}")
    for schema in ("silver", "gold", "quarantine"):
        client.schemas.create(schema, CATALOG)
    for name in SCHEMAS:
        schema, _, table = name.partition(".")
        write_deltalake(str(folder / schema / table), table_of(name, made.rows[name]))
        body = {
            "catalog_name": CATALOG, "schema_name": schema, "name": table, "table_type": "EXTERNAL",
            "data_source_format": "DELTA", "storage_location": f"s3://lake/files/{schema}/{table}",
            "columns": [{"name": one, "type_text": kind} for one, kind in _columns(name).items()],
        }  # fmt: skip
        client.api_client.do("POST", "/api/2.1/unity-catalog/tables", body=body)


def _columns(name: str) -> dict[str, str]:
    """`a bigint, b decimal(1,2)`: a comma before a blank parts two columns."""
    return {one.split(" ", 1)[0]: one.split(" ", 1)[1] for one in TYPES[name].split(", ")}


def _compiled() -> tuple[Wanted, UnityCatalog]:
    users = {mail(who): {"groups": list(groups)} for who, groups in PEOPLE.items()}
    access = Access.model_validate({**ACCESS, "users": users})
    policy = policy_from_spec(access, lambda *path: f"p.yaml:{len(path)}")
    tables = {name: TableFacts(name, _columns(name)) for name in SCHEMAS}
    people = dict(identities(access, policy))
    compiled = compile_unity_catalog(policy, people.values(), tables.values(), access.targets, NOW, CATALOG)
    groups = {name: policy.principal(f"group:{name}", [name]) for names in PEOPLE.values() for name in names}
    reading = replace(policy, grants=tuple(replace(one, can=one.can & {Privilege.SELECT}) for one in policy.grants))
    whole = WantedCatalog(CATALOG, policy, {LAB: policy, FIELD: reading}, inherits=False)
    return Wanted(people, {}, groups, (whole,), (), tables), compiled


def _bind(client: Any, workspaces: Mapping[str, int]) -> None:
    """Isolated: from the lab with everything, from the field for reading."""
    body = {"isolation_mode": "ISOLATED"}
    client.api_client.do("PATCH", f"/api/2.1/unity-catalog/catalogs/{CATALOG}", body=body)
    add = [{"workspace_id": workspaces[FIELD], "binding_type": "BINDING_TYPE_READ_ONLY"}]
    client.api_client.do("PATCH", f"/api/2.1/unity-catalog/bindings/catalog/{CATALOG}", body={"add": add})
