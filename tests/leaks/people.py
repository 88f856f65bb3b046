"""Who sees what, twice: as the platform's spec says it, and as plain Python written by hand.

The second is what the suite believes. Where they differ, either the spec does not say what was meant or its reader
does not do what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .canaries import PLACE, POLICY, SALT, STATEMENT, Book, Cell, text_of

PEOPLE = ("root", "eng", "ana", "ten", "mia", "uma", "nil", "box")

SPEC = f"""lakewright: 1
platform: shop
sources:
  shop: {{postgres: {{url: "${{DB}}", tables: [public.*]}}}}
access:
  salt: "${{LEAKS_SALT}}"
  users:
    root: {{groups: [admins]}}
    eng: {{groups: [engineers]}}
    ana: {{groups: [analysts]}}
    ten: {{groups: [tenant-analysts], attributes: {{tenants: [acme], accounts: [1, 2]}}}}
    mia: {{groups: [scientists]}}
    uma: {{groups: [union]}}
    nil: {{}}
    box: {{groups: [visitors]}}
  personas:
    LakeFormationAdmin: {{groups: [admins], administrator: true}}
    DataEngineer: {{groups: [engineers]}}
    DataAnalyst: {{groups: [analysts]}}
    TenantSpecificAnalyst: {{groups: [tenant-analysts]}}
    Scientist: {{groups: [scientists]}}
    Union: {{groups: [union]}}
    Visitor: {{groups: [visitors]}}
  classes:
    pii: [silver.customer.name, silver.customer.ip, silver.customer.born]
    email: [silver.customer.email, gold.contacts.email]
    phone: [silver.customer.phone]
  grants:
    - {{to: LakeFormationAdmin, on: "*.*", can: all, classes: "*"}}
    - {{to: DataEngineer, on: [silver.*, gold.*], classes: "*"}}
    - {{to: DataEngineer, on: [bronze.*, changes.*]}}
    - {{to: DataAnalyst, on: silver.orders, without: [code]}}
    - {{to: DataAnalyst, on: [silver.customer, gold.revenue, gold.big_orders, gold.plan_view, gold.contacts]}}
    - {{to: DataAnalyst, on: scratch.*, can: all}}
    - {{to: TenantSpecificAnalyst, on: [silver.*, gold.*], rows: tenant in user.tenants}}
    - {{to: TenantSpecificAnalyst, on: bronze.*, rows: id in user.accounts}}
    - {{to: TenantSpecificAnalyst, on: mine.*, can: all}}
    - {{to: Scientist, on: [silver.customer, silver.orders], classes: "*"}}
    - {{to: Union, on: silver.orders, columns: [id, tenant, amount, day]}}
    - {{to: Union, on: silver.orders, columns: [id, payload, code, tags], rows: tenant = 'globex'}}
    - {{to: Union, on: silver.customer, columns: [id, tenant]}}
    - {{to: Union, on: silver.customer, columns: [id, email], rows: tenant = 'globex'}}
    - {{to: Visitor, on: "*.*", classes: "*", until: 2020-01-01}}
    - {{to: Visitor, on: "*.*", classes: "*", from: 2099-01-01}}
  denies:
    - {{on: gold.plans, except: LakeFormationAdmin}}
    - {{to: TenantSpecificAnalyst, on: silver.orders, columns: [props]}}
  filters:
    - {{on: silver.orders, rows: "vip = false and tenant <> '{text_of(POLICY)}'",
       except: [LakeFormationAdmin, DataEngineer]}}
  masks:
    - {{on: silver.customer.email, with: partial_email, except: [LakeFormationAdmin, DataEngineer]}}
    - {{on: silver.customer.phone, with: partial_phone, except: [LakeFormationAdmin, DataEngineer]}}
    - {{on: silver.customer.ip, with: partial_ip, except: [LakeFormationAdmin, DataEngineer]}}
    - {{on: silver.customer.name, with: hash, except: [LakeFormationAdmin, DataEngineer]}}
    - {{on: silver.customer.note, with: redact, except: [LakeFormationAdmin, DataEngineer, DataAnalyst]}}
    - {{on: silver.customer.born, with: year, except: [LakeFormationAdmin, DataEngineer]}}
    - {{on: [silver.orders.extra], with: "null", except: [LakeFormationAdmin, DataEngineer, DataAnalyst]}}
query:
  workgroups:
    primary: {{}}
    engineers: {{for: [DataEngineer, LakeFormationAdmin]}}
    analysts: {{for: [DataAnalyst]}}
"""

MODELS: Mapping[str, str] = {
    "silver/orders.sql": """/* lakewright
kind: full
columns: {id: bigint, tenant: string, customer_id: bigint, amount: bigint, price: "decimal(12,2)", payload: string,
  code: string, placed: timestamp, day: date, vip: boolean, tags: "array<string>", extra: "struct<a:string,n:bigint>",
  props: "map<string,string>"}
*/
SELECT id, name AS tenant, id AS customer_id, id AS amount, CAST(id AS DECIMAL(12,2)) AS price, name AS payload,
  name AS code, CAST(NULL AS TIMESTAMP) AS placed, CAST(NULL AS DATE) AS day, TRUE AS vip,
  CAST(NULL AS ARRAY<STRING>) AS tags, CAST(NULL AS STRUCT<a: STRING, n: BIGINT>) AS extra,
  CAST(NULL AS MAP<STRING, STRING>) AS props
FROM bronze.account
""",
    "silver/customer.sql": """/* lakewright
kind: full
columns: {id: bigint, tenant: string, email: string, note: string}
*/
SELECT id, name AS tenant, name AS email, name AS note FROM bronze.account
""",
    "gold/plans.sql": """/* lakewright
kind: full
columns: {id: bigint, tenant: string, plan: string}
*/
SELECT id, name AS tenant, name AS plan FROM bronze.account
""",
    "gold/big_orders.sql": """/* lakewright
kind: view
columns: {id: bigint, tenant: string, amount: bigint, payload: string, note: string}
*/
SELECT o.id, o.tenant, o.amount, o.payload, c.note FROM silver.orders AS o
JOIN silver.customer AS c ON c.id = o.customer_id AND c.tenant = o.tenant
""",
    "gold/contacts.sql": """/* lakewright
kind: view
columns: {id: bigint, tenant: string, email: string}
*/
SELECT id, tenant, email FROM silver.customer
""",
    "gold/plan_view.sql": """/* lakewright
kind: view
columns: {id: bigint, plan: string}
*/
SELECT id, plan FROM gold.plans
""",
}

RAW, MASKED, HIDDEN = "raw", "masked", "hidden"


def _root(_cell: Cell) -> str:
    return RAW


def _eng(cell: Cell) -> str:
    if cell.table in ("bronze.account", "changes.account"):
        return HIDDEN if cell.column in ("_old_key", "_special") else RAW
    return HIDDEN if cell.table in ("gold.plans", "quarantine.orders") else RAW


def _ana(cell: Cell) -> str:
    match cell.table:
        case "silver.orders":
            return RAW if cell.row["vip"] is False and cell.column != "code" else HIDDEN
        case "silver.customer":
            return RAW if cell.column in ("id", "tenant", "note") else HIDDEN
        case "gold.revenue":
            return RAW
    return HIDDEN


def _ten(cell: Cell) -> str:
    if cell.table == "bronze.account":
        return RAW if cell.row["id"] in (1, 2) and cell.column not in ("_old_key", "_special") else HIDDEN
    if cell.table not in ("silver.orders", "silver.customer", "gold.revenue") or cell.row["tenant"] != "acme":
        return HIDDEN
    if cell.table == "silver.orders":
        if cell.row["vip"] is not False or cell.column == "props":
            return HIDDEN
        return MASKED if cell.column == "extra" else RAW
    if cell.table == "silver.customer":
        return {"id": RAW, "tenant": RAW, "note": MASKED}.get(cell.column, HIDDEN)
    return RAW


def _mia(cell: Cell) -> str:
    match cell.table:
        case "silver.orders":
            if cell.row["vip"] is not False:
                return HIDDEN
            return MASKED if cell.column == "extra" else RAW
        case "silver.customer":
            return RAW if cell.column in ("id", "tenant") else MASKED
    return HIDDEN


def _uma(cell: Cell) -> str:
    globex = cell.row.get("tenant") == "globex"
    match cell.table:
        case "silver.orders":
            if cell.row["vip"] is not False:
                return HIDDEN
            if cell.column in ("id", "tenant", "amount", "day"):
                return RAW
            return RAW if globex and cell.column in ("payload", "code", "tags") else HIDDEN
        case "silver.customer":
            if cell.column in ("id", "tenant"):
                return RAW
            return MASKED if globex and cell.column == "email" else HIDDEN
    return HIDDEN


def _nothing(_cell: Cell) -> str:
    return HIDDEN


SEES: Mapping[str, Callable[[Cell], str]] = {
    "root": _root,
    "eng": _eng,
    "ana": _ana,
    "ten": _ten,
    "mia": _mia,
    "uma": _uma,
    "nil": _nothing,
    "box": _nothing,
}


def sees(who: str, cell: Cell) -> str:
    """`raw`, `masked` or `hidden`. A column that the newest version lacks is hidden from everybody."""
    return HIDDEN if cell.column == "legacy" else SEES[who](cell)


def hidden_from(who: str, book: Book) -> frozenset[int]:
    """The markers that this person must never get, in any form."""
    own = {number for number, cell in book.cells.items() if sees(who, cell) != RAW}
    return frozenset(own | {SALT, POLICY} | (set() if who == "root" else {PLACE, STATEMENT}))  # root reads the audit
