"""What goes on in a shop that is open: acts, each a list of statements that belong in one transaction.

An act chooses from what it remembers, so that it never has to ask the database first; ids are reserved from the
sequences in portions. One writer is assumed to own what it remembers; guards in the SQL keep references whole anyway.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from core import pools, writes

Statement = tuple[str, Sequence[Any]]
Act = Callable[[int], list[Statement]]
REMEMBERED = 4_000
RESERVED = 500
NEXT_STATUS = {"pending": "paid", "paid": "shipped", "shipped": "completed"}


@dataclass
class OpenOrder:
    """An order on its way, with its invoice."""

    id: int
    tenant: int
    status: str
    invoice: int


@dataclass
class Memory:
    """What the writer knows of the database: enough to choose from, bounded in size."""

    tenants: list[int]
    customers: list[tuple[int, int]]
    idle: list[int]
    products: dict[int, list[tuple[int, int]]]
    orders: deque[OpenOrder]
    invoices: deque[int]
    subscriptions: deque[int]
    long_notes: list[int]
    last_order: int
    carts: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


def remember(connection: psycopg.Connection) -> Memory:
    """Reads the memory from the database, in an order that depends on the rows alone."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query, [REMEMBERED]).fetchall()

    products: dict[int, list[tuple[int, int]]] = {}
    for tenant, product, cents in rows(writes.RECALL_PRODUCTS):
        products.setdefault(tenant, []).append((product, cents))
    newest = connection.execute("select coalesce(max(id), 0) from core_order").fetchone()
    return Memory(
        tenants=[row[0] for row in rows(writes.RECALL_TENANTS)],
        customers=[(row[0], row[1]) for row in rows(writes.RECALL_CUSTOMERS) if row[1] in products],
        idle=[row[0] for row in rows(writes.RECALL_IDLE)],
        products=products,
        orders=deque((OpenOrder(*row) for row in rows(writes.RECALL_ORDERS)), REMEMBERED),
        invoices=deque((row[0] for row in rows(writes.RECALL_INVOICES)), REMEMBERED),
        subscriptions=deque((row[0] for row in rows(writes.RECALL_SUBSCRIPTIONS)), REMEMBERED),
        long_notes=[row[0] for row in rows(writes.RECALL_LONG_NOTES)],
        last_order=newest[0] if newest else 0,
    )


class Business:
    """The acts. Each takes about how many things to do and returns statements; memory changes as if they succeed."""

    def __init__(self, connection: psycopg.Connection, seed: int) -> None:
        self._connection = connection
        self._random = Random(seed)
        self._memory = remember(connection)
        self._reserved: dict[str, Iterator[int]] = {}

    def weighted(self) -> Mapping[Act, float]:
        """How often each act comes up; what is bought makes most of the changes."""
        return {
            self.purchases: 0.38, self.visits: 0.2, self.progress: 0.18, self.payments: 0.05, self.people: 0.08,
            self.subscribers: 0.04, self.goods: 0.03, self.cleanup: 0.025, self.corrections: 0.01, self.tenants: 0.005,
        }  # fmt: skip

    def purchases(self, n: int, *, kept: bool = True) -> list[Statement]:
        """New orders with items, an invoice, the visit that led to each, and less stock. About 13 rows each."""
        pick = self._random
        orders: list[tuple[Any, ...]] = []
        items: list[tuple[Any, ...]] = []
        invoices: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        sold: dict[int, int] = {}
        for _ in range(n):
            customer, tenant = pick.choice(self._memory.customers)
            order, invoice, subtotal = self._id("core_order"), self._id("core_invoice"), 0
            for _ in range(pick.choices((1, 2, 3, 4, 6), (34, 27, 20, 12, 7))[0]):
                product, cents = pick.choice(self._memory.products[tenant])
                quantity = pick.choices((1, 2, 3, -1), (800, 150, 49, 1))[0]
                items.append((tenant, order, product, quantity, cents, quantity * cents))
                subtotal += abs(quantity) * cents
                sold[product] = sold.get(product, 0) + quantity
            tax, shipping = subtotal * 8 // 100, 0 if subtotal > 10_000 else 499
            total = subtotal + tax + shipping + (pick.randint(1, 99) if pick.random() < 0.005 else 0)
            late = pick.randint(1, 20) if pick.random() < 0.01 else 0
            note = pick.choice(pools.NOTES) if pick.random() < 0.12 else None
            orders.append((order, tenant, customer, f"ORD-{order:09}", subtotal, tax, shipping, total, note, late))
            invoices.append((invoice, tenant, customer, order, f"INV-{invoice:09}", subtotal + tax + shipping))
            events += self._visit(tenant, customer, 5, (order, total))
            if kept:
                self._memory.orders.append(OpenOrder(order, tenant, "pending", invoice))
                self._memory.last_order = order
        return [
            (writes.NEW_ORDERS, _columns(orders)),
            (writes.NEW_ITEMS, _columns(items)),
            (writes.NEW_ORDER_INVOICES, _columns(invoices)),
            (writes.NEW_EVENTS, _columns(events)),
            (writes.LESS_STOCK, _columns(sorted(sold.items()))),
        ]

    def aborted(self, n: int) -> list[Statement]:
        """A purchase that the caller rolls back."""
        return self.purchases(n, kept=False)

    def visits(self, n: int) -> list[Statement]:
        """Visits that end before a purchase; a third of them by strangers."""
        events: list[tuple[Any, ...]] = []
        for _ in range(n):
            customer, tenant = self._random.choice(self._memory.customers)
            known = customer if self._random.random() < 0.66 else None
            reached = self._random.choices((1, 2, 3, 4), (45, 35, 14, 6))[0]
            visit = self._visit(tenant, known, reached, None)
            self._memory.carts += [row[0] for row in visit if row[4] == "add_to_cart"]
            events += visit
        return [(writes.NEW_EVENTS, _columns(events))]

    def progress(self, n: int) -> list[Statement]:
        """Orders move on; a few are cancelled, and old ones are refunded now and then."""
        moves: list[tuple[int, str]] = []
        paid: list[int] = []
        void: list[int] = []
        for _ in range(min(n, len(self._memory.orders))):
            order = self._memory.orders.popleft()
            if order.status == "pending" and self._random.random() < 0.06:
                moves.append((order.id, "cancelled"))
                void.append(order.invoice)
                continue
            if order.status == "pending":
                paid.append(order.invoice)
            order.status = NEXT_STATUS[order.status]
            moves.append((order.id, order.status))
            if order.status in NEXT_STATUS:
                self._memory.orders.append(order)
        old = self._random.randint(1, max(1, self._memory.last_order))
        statements: list[Statement] = [(writes.MOVE_ORDERS, _columns(moves))] if moves else []
        return [*statements, (writes.PAY_INVOICES, [paid]), (writes.VOID_INVOICES, [void]), (writes.REFUND, [[old]])]

    def payments(self, n: int) -> list[Statement]:
        """Open invoices are paid, half of them in part first."""
        ids = self._take(self._memory.invoices, n)
        part = [invoice for invoice in ids if self._random.random() < 0.5]
        whole = [invoice for invoice in ids if invoice not in part]
        self._memory.invoices += part
        return [(writes.PAY_PART, [part]), (writes.PAY_INVOICES, [whole])]

    def people(self, n: int) -> list[Statement]:
        """New customers, changed mailboxes and phones, a move to another tenant, and the right to be forgotten."""
        pick, memory = self._random, self._memory
        new = []
        for _ in range(n):
            customer, tenant = self._id("core_customer"), pick.choice(list(memory.products))
            first, last = pick.choice(pools.FIRST_NAMES), pick.choice(pools.LAST_NAMES)
            email = f"{first[1]}.{last[1]}{customer}@{pick.choice(pools.MAIL_DOMAINS)}"
            phone = pick.choice(
                (f"+1555{pick.randrange(10**7):07}", f"(555) 555-{pick.randrange(10**4):04}", "n/a", None)
            )
            new.append((customer, tenant, email, first[0], last[0], phone))
            if pick.random() < 0.5:
                memory.idle.append(customer)
            else:
                memory.customers.append((customer, tenant))
        changed = [customer for customer, _ in pick.sample(memory.customers, min(2 * n, len(memory.customers)))]
        statements: list[Statement] = [
            (writes.NEW_CUSTOMERS, _columns(new)),
            (writes.CHANGE_EMAIL, [changed[::2]]),
            (writes.FIX_PHONE, [f"+1555{pick.randrange(10**7):07}", changed[1::2]]),
        ]
        if memory.idle and pick.random() < 0.2:
            statements.append((writes.MOVE_TENANT, [pick.choice(list(memory.products)), pick.choice(memory.idle)]))
        if len(memory.idle) > 20:
            gone = [memory.idle.pop(pick.randrange(len(memory.idle))) for _ in range(max(1, n // 4))]
            statements += [(writes.FORGET_EVENTS, [gone]), (writes.FORGET_CUSTOMERS, [gone])]
        return statements

    def subscribers(self, n: int) -> list[Statement]:
        """Subscriptions begin with their first invoice; some end."""
        new, invoices = [], []
        for _ in range(n):
            customer, tenant = self._random.choice(self._memory.customers)
            subscription, invoice = self._id("core_subscription"), self._id("core_invoice")
            plan = self._random.randrange(len(pools.PLANS))
            new.append((subscription, tenant, customer, pools.PLANS[plan], pools.PLAN_CENTS[plan]))
            invoices.append((invoice, tenant, customer, subscription, f"INV-{invoice:09}", pools.PLAN_CENTS[plan]))
            self._memory.invoices.append(invoice)
            self._memory.subscriptions.append(subscription)
        ended = self._take(self._memory.subscriptions, max(1, n // 2))
        return [
            (writes.NEW_SUBSCRIPTIONS, _columns(new)),
            (writes.NEW_SUBSCRIPTION_INVOICES, _columns(invoices)),
            (writes.CANCEL_SUBSCRIPTIONS, [ended]),
        ]

    def goods(self, n: int) -> list[Statement]:
        """Prices change, what ran out is restocked, and a product is added."""
        tenant = self._random.choice(list(self._memory.products))
        listed = self._memory.products[tenant]
        chosen = [product for product, _ in self._random.sample(listed, min(n, len(listed)))]
        product, cents = self._id("core_product"), self._random.randint(99, 20_000)
        listed.append((product, cents))
        row = (
            product,
            tenant,
            f"SKU-{product:06}",
            f"New arrival {product}",
            self._random.choice(pools.CATEGORIES),
            cents,
        )
        return [(writes.RAISE_PRICES, [chosen]), (writes.RESTOCK, [chosen]), (writes.NEW_PRODUCTS, _columns([row]))]

    def cleanup(self, n: int) -> list[Statement]:
        """Forgotten carts are deleted."""
        return [(writes.DELETE_EVENTS, [self._take(self._memory.carts, n)])]

    def corrections(self, n: int) -> list[Statement]:
        """Support touches orders whose long notes stay as they are, so their text does not travel again."""
        notes = self._memory.long_notes
        return [(writes.TOUCH_ORDERS, [self._random.sample(notes, min(len(notes), max(1, n // 5)))])]

    def tenants(self, _n: int) -> list[Statement]:
        return [(writes.TOUCH_TENANTS, [[self._random.choice(self._memory.tenants)]])]

    def _visit(
        self, tenant: int, customer: int | None, steps: int, bought: tuple[int, int] | None
    ) -> list[tuple[Any, ...]]:
        """Events of one visit up to a step, the last one now. `bought` is the order and its cents."""
        pick = self._random
        session = UUID(int=pick.getrandbits(128), version=4)
        address = f"10.{pick.randrange(256)}.{pick.randrange(256)}.{pick.randrange(256)}"
        address = address if pick.random() < 0.8 else f"2001:db8:{pick.randrange(65536):x}::{pick.randrange(65536):x}"
        agent, product = pick.choice(pools.USER_AGENTS), pick.choice(self._memory.products[tenant])[0]
        kinds = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")[:steps]
        rows = []
        for step, kind in enumerate(kinds):
            data = (
                f'{{"product_id": {product}, "quantity": 1}}' if 0 < step < 4 else '{"page": "/", "referrer": "mail"}'
            )
            if kind == "purchase" and bought:
                data = f'{{"order_id": {bought[0]}, "total": {bought[1] / 100:.2f}}}'
            data = pick.choice(pools.BROKEN_JSON) if pick.random() < 0.003 else data
            ago = (steps - 1 - step) * 20
            rows.append((self._id("core_event"), tenant, customer, session, kind, data, address, agent, ago))
        return rows

    def _id(self, table: str) -> int:
        """The next id of a table, from a reserved portion of its sequence."""
        number = next(self._reserved.get(table, iter(())), None)
        if number is None:
            found = self._connection.execute(writes.RESERVE, [table, RESERVED]).fetchall()
            self._connection.commit()
            self._reserved[table] = iter([row[0] for row in found])
            number = next(self._reserved[table])
        return number

    @staticmethod
    def _take(known: deque[int], n: int) -> list[int]:
        return [known.popleft() for _ in range(min(n, len(known)))]


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows turned into one list per column, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]
