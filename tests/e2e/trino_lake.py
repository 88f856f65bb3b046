"""A project with two Gold tables, users who see different parts of them, and a Silver table that only one may see."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

PLATFORM = """lakewright: 1
platform: shop
access:
  users:
    root: {groups: [admins]}
    ana: {groups: [analysts]}
    ben+1@x: {groups: [tenants], attributes: {tenants: [1, 3]}}
    cy: {}
  personas:
    Admin: {groups: [admins], administrator: true}
    Analyst: {groups: [analysts]}
    Tenant: {groups: [tenants]}
  grants:
    - {to: Admin, on: "*.*", can: all, classes: "*"}
    - {to: Analyst, on: gold.*, without: [note]}
    - {to: Tenant, on: gold.revenue, rows: tenant in user.tenants, columns: [id, tenant, email, amount, made]}
    - {to: Tenant, on: gold.revenue, rows: tenant = 1, columns: [region]}
  filters:
    - {on: gold.revenue, rows: "day >= '2026-01-03'", except: [Admin]}
  masks:
    - {on: gold.revenue.email, with: partial_email, except: [Admin]}
    - {on: gold.revenue.phone, with: partial_phone, except: [Admin]}
    - {on: gold.revenue.address, with: partial_ip, except: [Admin]}
    - {on: gold.revenue.made, with: year, except: [Admin]}
    - {on: gold.revenue.region, with: redact, except: [Admin, Tenant]}
"""
TYPES = {
    "id": "bigint",
    "tenant": "int",
    "region": "string",
    "email": "string",
    "phone": "string",
    "address": "string",
    "amount": "decimal(12,2)",
    "day": "date",
    "made": "timestamp",
    "note": "string",
}
EMAILS = ["ana@example.com", "x", None, "", "o'neil@example.org", "a@b", "ü@example.com", "two@at@example.com"]
PHONES = ["+49 30 1234567", "12", None, "", "555-0100-99", "1234567", "12345678", "tel: 0049"]
ADDRESSES = ["192.0.2.17", "2001:db8::1", None, "", "::1", "10.0.0.1", "host", "1.2.3.4.5"]


def build(root: Path) -> Path:
    """The project in `root`."""
    (root / "models" / "gold").mkdir(parents=True)
    (root / "models" / "silver").mkdir()
    (root / "platform.yaml").write_text(PLATFORM)
    columns = "".join(f'  {name}: {{type: "{kind}", description: A column.}}\n' for name, kind in TYPES.items())
    for name in ("gold/revenue", "gold/costs", "silver/secret"):
        header = f"/* lakewright\nkind: full\nkey: [id]\ndescription: A table.\ncolumns:\n{columns}*/\n"
        (root / "models" / f"{name}.sql").write_text(header + f"SELECT {', '.join(TYPES)} FROM bronze.shop_item\n")
        write_deltalake(str(root / "lake" / name), rows())
    return root


def rows() -> pa.Table:
    first = datetime.datetime(2026, 1, 1, 12, 30, tzinfo=datetime.UTC)
    days = [first + datetime.timedelta(days=number) for number in range(8)]
    return pa.table(
        {
            "id": pa.array(range(8), pa.int64()),
            "tenant": pa.array([1, 2, 3, 1, 2, 3, 1, None], pa.int32()),
            "region": ["north", "south", None, "", "east", "west", "n'th", "ü"],
            "email": EMAILS,
            "phone": PHONES,
            "address": ADDRESSES,
            "amount": pa.array([decimal.Decimal(f"{number}.25") for number in range(8)], pa.decimal128(12, 2)),
            "day": pa.array([day.date() for day in days], pa.date32()),
            "made": pa.array(days, pa.timestamp("us", tz="UTC")),
            "note": ["hush"] * 8,
        }
    )
