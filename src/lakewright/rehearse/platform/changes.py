"""Changes at the source that can be recognised in the lake."""

from __future__ import annotations

from collections.abc import Callable

from lakewright.rehearse.platform.source import StandIn

REGION_OF_CHANGE = 20


def customers_changed(standin: StandIn) -> Callable[[], int]:
    """A transaction that touches some customers; it gives how many rows it wrote."""

    def change() -> int:
        statement = (
            "UPDATE core_customer SET first_name = first_name || '', updated_at = now() "
            "WHERE id IN (SELECT id FROM core_customer ORDER BY id LIMIT %s)"
        )
        with standin.connect() as connection:
            return connection.execute(statement, [REGION_OF_CHANGE]).rowcount

    return change


def order_placed(standin: StandIn, amount: int = 777) -> tuple[int, int]:
    """A new paid order like the first one there. Gives its tenant and its number."""
    columns = (
        "tenant_id, customer_id, order_number, status, order_date, subtotal, tax, shipping, total, currency, notes"
    )
    values = "tenant_id, customer_id, 'rehearsal', 'paid', now(), %(amount)s, 0, 0, %(amount)s, currency, ''"
    statement = (
        f"INSERT INTO core_order ({columns}, created_at, updated_at) SELECT {values}, now(), now() "
        "FROM core_order ORDER BY id LIMIT 1 RETURNING tenant_id, id"
    )
    with standin.connect() as connection:
        row = connection.execute(statement.encode(), {"amount": amount}).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
