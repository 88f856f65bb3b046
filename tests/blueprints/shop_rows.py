"""A small shop by hand, the wrong rows included: what Bronze shows to the models of lakehouse-cdc.

Times are UTC; everything a test is about stands in the row, the rest is filled in.
"""

# ruff: noqa: A002 (rows have the source's column names)

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

COLUMNS: dict[str, dict[str, str]] = {
    "bronze.core_tenant": {
        "id": "bigint", "slug": "string", "name": "string", "tier": "string", "is_active": "boolean",
        "created_at": "timestamp", "updated_at": "timestamp",
    },
    "bronze.core_customer": {
        "id": "bigint", "tenant_id": "bigint", "email": "string", "first_name": "string", "last_name": "string",
        "phone": "string", "metadata": "string", "is_active": "boolean",
        "created_at": "timestamp", "updated_at": "timestamp",
    },
    "bronze.core_product": {
        "id": "bigint", "tenant_id": "bigint", "sku": "string", "name": "string", "category": "string",
        "price": "decimal(12,2)", "cost": "decimal(12,2)", "stock_quantity": "int", "is_active": "boolean",
        "attributes": "string", "created_at": "timestamp", "updated_at": "timestamp",
    },
    "bronze.core_order": {
        "id": "bigint", "tenant_id": "bigint", "customer_id": "bigint", "order_number": "string", "status": "string",
        "order_date": "timestamp", "subtotal": "decimal(12,2)", "tax": "decimal(12,2)", "shipping": "decimal(12,2)",
        "total": "decimal(12,2)", "currency": "string", "notes": "string",
        "created_at": "timestamp", "updated_at": "timestamp",
    },
    "bronze.core_orderitem": {
        "id": "bigint", "tenant_id": "bigint", "order_id": "bigint", "product_id": "bigint", "quantity": "int",
        "unit_price": "decimal(12,2)", "discount": "decimal(12,2)", "line_total": "decimal(12,2)",
        "created_at": "timestamp", "updated_at": "timestamp",
    },
    "bronze.core_event": {
        "id": "bigint", "tenant_id": "bigint", "customer_id": "bigint", "session_id": "string", "event_type": "string",
        "event_data": "string", "ip_address": "string", "user_agent": "string", "created_at": "timestamp",
    },
    "bronze.core_subscription": {
        "id": "bigint", "tenant_id": "bigint", "customer_id": "bigint", "plan": "string", "status": "string",
        "monthly_amount": "decimal(12,2)", "started_at": "timestamp", "cancelled_at": "timestamp",
        "created_at": "timestamp", "updated_at": "timestamp",
    },
    "bronze.core_invoice": {
        "id": "bigint", "tenant_id": "bigint", "customer_id": "bigint", "subscription_id": "bigint",
        "order_id": "bigint", "number": "string", "status": "string", "amount_due": "decimal(12,2)",
        "amount_paid": "decimal(12,2)", "issued_at": "timestamp", "due_date": "date", "paid_at": "timestamp",
        "created_at": "timestamp", "updated_at": "timestamp",
    },
}  # fmt: skip

NEW_YEAR = "2026-01-01 08:00:00"


def _tenant(id: int, slug: str | None, tier: str, name: str | None = "A shop", active: bool = True) -> Row:
    return {"id": id, "slug": slug, "name": name, "tier": tier, "is_active": active,
            "created_at": "2025-12-31 23:30:00", "updated_at": NEW_YEAR}  # fmt: skip


TENANTS = [
    _tenant(1, "tenant-1", "enterprise"),
    _tenant(2, " Tenant-2", "SMALL", "  Corner shop "),
    _tenant(3, "tenant-3", "galactic", None, active=False),
    _tenant(4, "  ", "small"),
]


def _customer(
    id: int, email: str | None, phone: str | None = None, *, tenant: int = 1, created: str = NEW_YEAR,
    metadata: str | None = "{}", first: str | None = "Ann", last: str | None = "Lee", active: bool = True,
) -> Row:  # fmt: skip
    return {"id": id, "tenant_id": tenant, "email": email, "first_name": first, "last_name": last, "phone": phone,
            "metadata": metadata, "is_active": active, "created_at": created, "updated_at": created}  # fmt: skip


CUSTOMERS = [
    _customer(10, " Ann@Example.COM", "+1 (555) 010-0001 ext. 12",
              metadata='{"source": "Web", "language": "pt-BR", "consent": true, "tags": ["vip"]}'),
    _customer(11, "ann@example.com ", "555-010-0001", created="2026-01-15 00:00:00", metadata='{"consent": false}'),
    _customer(13, "tie@example.com", "001 555 010 0003", created="2026-01-31 23:59:59.999999"),
    _customer(12, "tie@example.com", "15550100002", created="2026-01-31 23:59:59.999999", first=" José ", last=""),
    _customer(14, None, None, metadata='{"source": null, "consent": "yes"}', created="2026-03-01 00:00:00"),
    _customer(15, "broken@", "call me", metadata="[]"),
    _customer(16, "broken@", "  ", metadata=None, active=False),
    _customer(17, "a b@example.com", "+44 20 7946 0958"),
    _customer(18, "x@example", "+0 555 010 0004"),
    _customer(19, "x@example.com.", "12345678901234567"),
    _customer(20, "ANN@example.com", "555.010.0005x7", tenant=2, first=None),
    _customer(21, "bo@example.co.uk", "00", tenant=2, created="2026-02-14 12:00:00", last=None),
    _customer(22, "", "1234567", tenant=2, metadata='{"source": " Partner ", "language": "", "consent": true}'),
]  # fmt: skip


def _product(
    id: int, category: str | None, price: str, cost: str | None, stock: int, *, tenant: int = 1, sku: str = "sku-1",
    active: bool = True,
) -> Row:  # fmt: skip
    return {"id": id, "tenant_id": tenant, "sku": sku, "name": f" Thing {id}", "category": category, "price": price,
            "cost": cost, "stock_quantity": stock, "is_active": active, "attributes": '{"color": "red"}',
            "created_at": NEW_YEAR, "updated_at": NEW_YEAR}  # fmt: skip


PRODUCTS = [
    _product(100, "Home & Garden", "20.00", "12.50", 40),
    _product(101, " ELECTRONICS ", "0.00", "0.00", 0),
    _product(102, "Toys/Games!", "9.99", "10.00", 9, active=False),
    _product(103, "", "3.00", "1.00", -2),
    _product(104, None, "1.00", "0.10", 10),
    _product(105, "Books", "5.00", "-1.00", 3),
    _product(106, "books", "-5.00", "1.00", 3),
    _product(107, "books", "5.00", None, 3),
    _product(108, "books", "5.00", "2.00", 3, sku=" "),
    _product(200, "__Kitchen__", "7.77", "2.22", 1, tenant=2),
]


def _order(
    id: int, customer: int, status: str | None, date: str | None, amounts: str, *, total: str | None = None,
    tenant: int = 1, created: str | None = None, number: str | None = None,
) -> Row:  # fmt: skip
    subtotal, tax, shipping = (None if part == "-" else part for part in amounts.split())
    return {"id": id, "tenant_id": tenant, "customer_id": customer, "order_number": number or f"O-{id}",
            "status": status, "order_date": date, "subtotal": subtotal, "tax": tax, "shipping": shipping,
            "total": total, "currency": "usd", "notes": "gift wrap",
            "created_at": created or date or NEW_YEAR, "updated_at": created or date or NEW_YEAR}  # fmt: skip


ORDERS = [
    _order(1, 10, "completed", "2026-01-31 23:59:59.999999", "40.00 4.00 5.00", total="49.00"),
    _order(2, 11, " Completed", "2026-02-01 00:00:00", "20.00 2.00 5.00", total="27.01"),
    _order(3, 10, "COMPLETED", "2026-04-10 10:00:00", "10.00 1.00 0.00", total="11.00", created="2026-04-15 09:00:00"),
    _order(4, 12, "completed", "2026-02-01 12:00:00", "33.33 3.33 3.34", total=None),
    _order(5, 13, "completed", "2026-02-01 13:00:00", "0.10 0.00 0.00", total="0.10"),
    _order(6, 14, "pending", "2026-03-01 00:00:01", "5.00 0.50 0.00", total="5.50", created="2026-03-02 00:00:00"),
    _order(7, 14, "refunded", "2026-03-01 08:00:00", "5.00 0.50 0.00", total="5.50", created="2026-03-03 07:00:00"),
    _order(8, 99, "completed", "2026-03-05 08:00:00", "8.00 0.80 0.00", total="8.80"),
    _order(9, 10, "on_hold", "2026-03-05 08:00:00", "8.00 0.80 0.00", total="8.80"),
    _order(30, 10, None, "2026-03-05 08:00:00", "8.00 0.80 0.00", total="8.80"),
    _order(31, 10, "completed", None, "8.00 0.80 0.00", total="8.80"),
    _order(32, 10, "completed", "2026-03-05 08:00:00", "8.00 -0.80 0.00", total="7.20"),
    _order(33, 10, "completed", "2026-03-05 08:00:00", "- 0.80 0.00", total="8.80"),
    _order(34, 12, "paid", "2026-03-05 08:00:00", "7.00 0.70 0.00", total="7.70", created="2026-03-05 07:00:00"),
    _order(40, 20, "completed", "2026-05-05 08:00:00", "7.77 0.00 0.00", total="7.77", tenant=2, number=" X "),
    _order(41, 21, "shipped", "2026-05-05 09:00:00", "7.77 0.00 0.00", total="7.77", tenant=2),
    _order(42, 20, "cancelled", "2026-05-06 09:00:00", "7.77 0.00 0.00", total="7.77", tenant=2),
]


def _item(
    id: int, order: int, product: int, quantity: int | None, price: str | None, discount: str | None, total: str | None,
    *, tenant: int = 1, created: str = "2026-02-01 00:00:00",
) -> Row:  # fmt: skip
    return {"id": id, "tenant_id": tenant, "order_id": order, "product_id": product, "quantity": quantity,
            "unit_price": price, "discount": discount, "line_total": total, "created_at": created,
            "updated_at": created}  # fmt: skip


ITEMS = [
    _item(1, 1, 100, 2, "20.00", "0.00", "40.00", created="2026-01-31 23:59:59.999999"),
    _item(2, 2, 100, 1, "20.00", None, "19.00"),
    _item(3, 2, 102, 1, "9.99", "9.99", "0.00"),
    _item(4, 3, 103, 4, "2.50", "0.00", None),
    _item(5, 4, 100, 3, "11.11", "0.00", "33.33"),
    _item(6, 4, 100, 0, "11.11", "0.00", "0.00"),
    _item(7, 5, 105, 1, "0.10", "0.00", "0.10"),
    _item(8, 6, 104, 5, "1.00", "0.00", "5.00"),
    _item(9, 9, 100, 1, "8.00", "0.00", "8.00"),
    _item(10, 777, 100, 1, "8.00", "0.00", "8.00"),
    _item(11, 8, 100, 1, "8.00", "8.01", "-0.01"),
    _item(12, 8, 100, 1, "-8.00", "0.00", "-8.00"),
    _item(13, 8, 100, 1, "8.00", "-1.00", "9.00"),
    _item(14, 8, 100, None, "8.00", "0.00", "8.00"),
    _item(15, 1, 101, 1, "0.00", "0.00", "0.00"),
    _item(40, 40, 200, 1, "7.77", "0.00", "7.77", tenant=2),
    _item(41, 42, 200, 1, "7.77", "0.00", "7.77", tenant=2),
]

A, B, C, D = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "abcd")  # sessions
_DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"


def _event(
    id: int, session: str | None, type: str, at: str | None, data: str | None = '{"page": "/"}', *, tenant: int = 1,
    customer: int | None = None, ip: str | None = "203.0.113.77", agent: str | None = _DESKTOP,
) -> Row:  # fmt: skip
    return {"id": id, "tenant_id": tenant, "customer_id": customer, "session_id": session, "event_type": type,
            "event_data": data, "ip_address": ip, "user_agent": agent, "created_at": at}  # fmt: skip


EVENTS = [
    _event(1, A.upper(), "page_view", "2026-01-31 23:58:30.75"),
    _event(2, A, " Product_View", "2026-01-31 23:59:59.999999", '{"product_id": 100, "ref": "mail"}', customer=11),
    _event(3, A, "add_to_cart", "2026-02-01 00:00:00", '{"product_id": "100"}', customer=10),
    _event(4, A, "checkout", "2026-02-01 00:00:10.5", '{"page": "/sale", "ref": "se', ip=None),
    _event(5, A, "purchase", "2026-02-01 00:01:00.25", '{"order_id": 1, "value": 49.00}', ip="2001:db8:1:2::5"),
    _event(6, B, "page_view", "2026-02-01 00:59:59.999999", "", ip="2001:db8::1", agent=None),
    _event(7, None, "page_view", "2026-02-01 01:00:00", None, ip="::1", agent="Googlebot/2.1"),
    _event(8, C, "heartbeat", "2026-02-01 01:00:00"),
    _event(9, C, "page_view", None),
    _event(10, C, "product_view", "2026-02-01 01:10:00", "undefined", ip="2001:db8:0:1:2:3:4:5",
           agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148"),
    _event(11, C, "product_view", "2026-02-01 01:20:00", '{"product_id": 1.5}', ip="2001:0:0:1::",
           agent="Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)"),
    _event(12, C, "product_view", "2026-02-01 01:30:00", '{"product_id": null, "page": "/x y"}', ip="10.1.2.255"),
    _event(13, D, "product_view", "2026-02-01 01:40:00", '{"product_id": }', tenant=2, ip="::ffff:203.0.113.9"),
    _event(14, A, "purchase", "2026-02-01 01:40:00", '{"page": "/é", "product_id": 1234567890123456789}', tenant=2,
           ip="2001:db8:ffff::", agent="ShopApp/4.1 (Android 14)", customer=21),
    _event(15, D, "checkout", "2026-02-01 01:40:00", "{page}", tenant=2),
]  # fmt: skip


def _subscription(
    id: int, status: str | None, amount: str | None, started: str | None, cancelled: str | None = None, *,
    customer: int = 10, tenant: int = 1, updated: str = "2026-06-01 00:00:00",
) -> Row:  # fmt: skip
    return {"id": id, "tenant_id": tenant, "customer_id": customer, "plan": " Pro", "status": status,
            "monthly_amount": amount, "started_at": started, "cancelled_at": cancelled,
            "created_at": started or NEW_YEAR, "updated_at": updated}  # fmt: skip


SUBSCRIPTIONS = [
    _subscription(1, "active", "79.00", "2026-01-31 23:59:59.999999"),
    _subscription(2, "past_due", "29.00", "2026-02-01 00:00:00"),
    _subscription(3, "cancelled", "9.00", "2026-01-10 00:00:00", "2026-05-31 23:59:59"),
    _subscription(4, "Cancelled", "9.00", "2026-02-10 00:00:00", None, updated="2026-04-02 00:00:00"),
    _subscription(5, "cancelled", "10.00", "2026-02-10 00:00:00", "2026-02-11 00:00:00"),
    _subscription(6, "trialing", "79.00", "2025-11-01 00:00:00"),
    _subscription(7, "active", "5.00", "2026-05-01 00:00:00", "2026-05-02 00:00:00"),
    _subscription(8, "cancelled", "5.00", "2026-05-03 00:00:00", "2026-05-02 00:00:00"),
    _subscription(9, "paused", "5.00", "2026-05-03 00:00:00"),
    _subscription(10, "active", "-5.00", "2026-05-03 00:00:00"),
    _subscription(11, "active", "5.00", None),
    _subscription(20, "cancelled", "15.00", "2026-03-01 00:00:00", "2026-03-20 00:00:00", customer=20, tenant=2),
]


def _invoice(
    id: int, status: str | None, due: str | None, paid: str | None, paid_at: str | None = None, *, tenant: int = 1,
    customer: int = 10, subscription: int | None = None, order: int | None = None,
    issued: str | None = "2026-02-01 00:00:00", due_date: str | None = "2026-02-15",
) -> Row:  # fmt: skip
    return {"id": id, "tenant_id": tenant, "customer_id": customer, "subscription_id": subscription, "order_id": order,
            "number": f"I-{id}", "status": status, "amount_due": due, "amount_paid": paid, "issued_at": issued,
            "due_date": due_date, "paid_at": paid_at, "created_at": issued or NEW_YEAR,
            "updated_at": NEW_YEAR}  # fmt: skip


INVOICES = [
    _invoice(1, "paid", "49.00", "49.00", "2026-02-15 23:59:59", order=1),
    _invoice(2, "paid", "79.00", "79.00", "2026-02-16 00:00:00", subscription=1, customer=11),
    _invoice(3, "paid", "79.00", "70.00", "2026-02-10 00:00:00", subscription=1),
    _invoice(4, "open", "29.00", "0.00", subscription=2),
    _invoice(5, "open", "29.00", "9.00", "2026-02-20 10:00:00", subscription=2),
    _invoice(6, "open", "29.00", "29.00", subscription=2),
    _invoice(7, "Paid ", "10.00", "10.01", "2026-02-01 00:00:00", due_date=None),
    _invoice(8, "uncollectible", "10.00", "2.50"),
    _invoice(9, "void", "10.00", "0.00"),
    _invoice(10, "draft", "10.00", None),
    _invoice(11, "lost", "10.00", "0.00"),
    _invoice(12, "open", "-10.00", "0.00"),
    _invoice(13, "open", "10.00", "0.00", issued=None),
    _invoice(14, "open", "0.00", "0.00", issued="2026-02-01 23:59:59.999999"),
    _invoice(15, "void", "5.00", "5.00", subscription=2, issued="2026-03-01 00:00:00"),
    _invoice(20, "paid", "15.00", "15.00", "2026-03-02 00:00:00", tenant=2, customer=20, subscription=20,
             issued="2026-03-01 00:00:00"),
    _invoice(21, "open", "15.00", "0.00", tenant=2, customer=99, issued="2026-03-01 00:00:00"),
]  # fmt: skip

ROWS: dict[str, list[Row]] = {
    "bronze.core_tenant": TENANTS,
    "bronze.core_customer": CUSTOMERS,
    "bronze.core_product": PRODUCTS,
    "bronze.core_order": ORDERS,
    "bronze.core_orderitem": ITEMS,
    "bronze.core_event": EVENTS,
    "bronze.core_subscription": SUBSCRIPTIONS,
    "bronze.core_invoice": INVOICES,
}


def _log(columns: str, text: str) -> list[Row]:
    """One row a line; `-` is NULL."""
    lines = (line.split("|") for line in text.strip().splitlines())
    names = columns.split()
    return [
        {name: None if value.strip() == "-" else value for name, value in zip(names, line, strict=True)}
        for line in lines
    ]


LOG_TYPES = {"Op": "string", "_commit_ts": "timestamp", "_lsn": "bigint", "_seq": "bigint", "_old_key": "string",
             "id": "bigint", "tenant_id": "bigint", "status": "string", "updated_at": "timestamp"}  # fmt: skip
LOG_COLUMNS = {"changes.core_order": LOG_TYPES, "changes.core_subscription": LOG_TYPES}
LOG_ROWS = {
    # 1 straight through; 2 cancelled, then paid; 3 inserted, deleted, inserted again; 4 odd spelling, an update
    # that changes nothing, and a status nobody knows; 5 read again by a later chunk of the load; 6 renumbered to 7.
    "changes.core_order": _log(
        " ".join(LOG_TYPES),
        """
I|2026-03-01 00:01:40|100|-1|-|1|1|pending|2026-02-27 10:00:00
I|2026-03-01 00:01:40|100|-1|-|2|1|cancelled|2026-01-31 23:59:59.999999
I|2026-03-01 00:01:40|100|-1|-|4|2| Paid |-
I|2026-03-01 00:01:40|100|-1|-|6|2|shipped|2026-02-27 10:00:00
U|2026-03-31 23:59:59.999999|110|1|-|1|1|paid|2026-03-31 23:00:00
U|2026-04-01 00:00:00|120|1|-|1|1|shipped|2026-04-01 00:00:00
U|2026-04-01 00:00:00|120|2|-|1|1|completed|2026-04-01 00:00:00
U|2026-04-01 00:00:00|120|3|-|2|1|paid|2026-04-01 00:00:00
I|2026-04-02 00:00:00|130|1|-|3|1|refunded|2026-04-02 00:00:00
D|2026-04-03 00:00:00|140|1|-|3|-|-|-
I|2026-04-04 00:00:00|150|1|-|3|2|pending|2026-04-04 00:00:00
U|2026-04-04 00:00:00|150|2|-|4|2|PAID|2026-04-04 00:00:00
U|2026-04-05 00:00:00|160|1|-|4|2|lost|2026-04-05 00:00:00
U|2026-04-05 00:00:00|160|2|-|4|2|-|2026-04-05 00:00:00
I|2026-04-05 00:00:00|160|3|-|5|1|pending|2026-04-05 00:00:00
I|2026-04-05 01:00:00|165|-1|-|5|1|pending|2026-04-05 00:00:00
U|2026-04-06 00:00:00|170|1|-|5|3|paid|2026-04-06 00:00:00
D|2026-04-06 00:00:00|170|2|-|6|-|-|-
U|2026-04-06 00:00:00|170|3|{"id": "6"}|7|2|completed|2026-04-06 00:00:00
T|2026-04-07 00:00:00|180|1|-|-|-|-|-
""",
    ),
    "changes.core_subscription": _log(
        " ".join(LOG_TYPES),
        """
I|2026-03-01 00:01:40|100|-1|-|1|1|trialing|2026-02-27 10:00:00
U|2026-03-02 00:00:00|110|1|-|1|1|active|2026-03-02 00:00:00
U|2026-03-03 00:00:00|120|1|-|1|1|past_due|2026-03-03 00:00:00
U|2026-03-04 00:00:00|130|1|-|1|1|active|2026-03-04 00:00:00
U|2026-03-05 00:00:00|140|1|-|1|1|cancelled|2026-03-05 00:00:00
U|2026-03-06 00:00:00|150|1|-|1|1|active|2026-03-06 00:00:00
I|2026-03-06 00:00:00|150|2|-|2|2|Paused|2026-03-06 00:00:00
U|2026-03-07 00:00:00|160|1|-|2|2|trialing|2026-03-07 00:00:00
""",
    ),
}
