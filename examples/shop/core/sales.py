"""Orders with their items and invoices, a block of days at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import pools
from core.binarycopy import (
    Field,
    Flags,
    Ints,
    Pool,
    bigint,
    constant,
    date,
    digits,
    integer,
    money,
    text,
    timestamptz,
)  # fmt: skip
from core.world import DAY, HOUR, SECOND, Plan, World, chance

BLOCK_ORDERS = 20_000
MONTHS = np.array([0.92, 0.88, 0.95, 0.97, 1.0, 0.98, 0.93, 0.95, 1.02, 1.08, 1.35, 1.45])
WEEKDAYS = np.array([1.1, 1.1, 1.0, 0.9, 0.95, 1.0, 1.05])  # from Thursday on, as 1 January 1970 was
HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 8, 9, 8, 8, 8, 8, 9, 11, 12, 12, 10, 7, 4], float)
BASKETS = np.array([0.34, 0.27, 0.17, 0.1, 0.06, 0.03, 0.02, 0.01])
ORDER_STATUS = (
    "pending", "paid", "shipped", "completed", "cancelled", "refunded",
    "Pending", "PAID", "Shipped", " completed", "cancelled ", "REFUNDED", "on_hold",
)  # fmt: skip
PENDING, PAID, SHIPPED, COMPLETED, CANCELLED, REFUNDED = range(6)
INVOICE_STATUS = ("draft", "open", "paid", "void", "uncollectible")
DRAFT, OPEN, SETTLED, VOID, LOST = range(5)
LONG_NOTE_BYTES = 12_000


@dataclass(frozen=True)
class Block:
    """Consecutive days and how many orders each has. `first` is the first order's id, `until` the block's end."""

    number: int
    days: Ints
    counts: Ints
    first: int
    begin: int
    until: int


@dataclass(frozen=True)
class Orders:
    """A block's orders by creation time. `seen` is what the customer saw as the order's time."""

    id: Ints
    tenant: Ints
    customer: Ints
    created: Ints
    seen: Ints
    status: Ints
    changed: Ints
    subtotal: Ints
    tax: Ints
    shipping: Ints
    total: Ints


@dataclass(frozen=True)
class Items:
    """A block's items; `order` is the order's index in the block. Amounts are per piece, off, and for the line."""

    order: Ints
    product: Ints
    quantity: Ints
    unit: Ints
    discount: Ints
    line: Ints


def blocks(plan: Plan) -> Iterator[Block]:
    """Spreads the orders over the days: growth through the year, season, weekday, and some luck."""
    draws = plan.draws(5)
    begin = plan.start + np.arange(plan.days) * DAY
    month = begin.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12
    weight = np.linspace(1, 1.8, plan.days) * MONTHS[month] * WEEKDAYS[begin // DAY % 7]
    weight = weight * draws.lognormal(0, 0.08, plan.days)
    counts = draws.multinomial(plan.orders, weight / weight.sum())
    group = np.cumsum(counts) // BLOCK_ORDERS
    done = 0
    for number in range(int(group[-1]) + 1):
        days = np.flatnonzero(group == number)
        if len(days):
            size = int(counts[days].sum())
            yield Block(number, begin[days], counts[days], done + 1, int(begin[days[0]]), int(begin[days[-1]]) + DAY)
            done += size


def times(draws: np.random.Generator, block: Block, counts: Ints) -> Ints:
    """Sorted moments, `counts` of them on each of the block's days."""
    n = int(counts.sum())
    hour = draws.choice(24, n, p=HOURS / HOURS.sum())
    return np.sort(np.repeat(block.days, counts) + hour * HOUR + draws.integers(0, HOUR, n))


def pick_customers(world: World, draws: np.random.Generator, tenant: Ints, at: Ints) -> Ints:
    """Who does it: old customers more often, and one in twelve never does."""
    known = world.customers.existing(tenant, at)
    place = (known * draws.random(len(tenant)) ** 1.6).astype(np.int64)
    place = np.where(place % 12 == 11, place - 1, place)
    return world.customers.first[tenant] + place


def pick_products(world: World, draws: np.random.Generator, tenant: Ints, at: Ints) -> Ints:
    """What: a few products make most of the sales."""
    known = world.products.existing(tenant, at)
    return world.products.first[tenant] + (known * draws.random(len(tenant)) ** 2.2).astype(np.int64)


def draw_orders(world: World, block: Block) -> tuple[Orders, Items]:
    draws, plan = world.plan.draws(6, block.number), world.plan
    created = times(draws, block, block.counts)
    n = len(created)
    tenant = draws.choice(plan.tenants, n, p=world.tenants.weight)
    items, subtotal = _items(world, draws, tenant, created)
    tax = (subtotal * world.tenants.tax_percent[tenant] + 50) // 100
    shipping = np.where(subtotal >= 10_000, 0, draws.choice(np.array([0, 499, 799, 1299]), n, p=(0.1, 0.5, 0.3, 0.1)))
    shipping = np.where(chance(draws, n, 0.0002), -499, shipping)
    status = _status(draws, plan.end - created)
    orders = Orders(
        id=block.first + np.arange(n),
        tenant=tenant,
        customer=pick_customers(world, draws, tenant, created),
        created=created,
        seen=_order_dates(draws, created, plan.end),
        status=status,
        changed=np.minimum(created + np.where(status == PENDING, 0, draws.integers(HOUR, 6 * DAY, n)), plan.end - 1),
        subtotal=subtotal,
        tax=tax,
        shipping=shipping,
        total=_totals(draws, subtotal, tax, shipping),
    )
    return orders, items


def _items(world: World, draws: np.random.Generator, tenant: Ints, created: Ints) -> tuple[Items, Ints]:
    sizes = draws.choice(len(BASKETS), len(tenant), p=BASKETS) + 1
    order = np.repeat(np.arange(len(tenant)), sizes)
    m = len(order)
    product = pick_products(world, draws, tenant[order], created[order])
    listed = world.products.cents[product]
    unit = np.where(chance(draws, m, 0.1), listed * 9 // 10, listed)
    pieces = draws.choice(np.array([1, 2, 3, 4, 10]), m, p=(0.78, 0.14, 0.05, 0.02, 0.01))
    discount = np.where(chance(draws, m, 0.12), pieces * unit // 10, 0)
    wrong = draws.random(m)
    quantity = np.where(wrong < 0.0005, -pieces, np.where(wrong < 0.0007, 0, pieces))
    meant = pieces * unit - discount
    discount = np.where((wrong > 0.9998) & (quantity > 0), pieces * unit + 100, discount)
    line = np.where(quantity == pieces, meant, quantity * unit - discount) + np.where(chance(draws, m, 0.001), 1, 0)
    subtotal = np.bincount(order, meant, len(tenant)).astype(np.int64)
    return Items(order, product, quantity, unit, discount, line), subtotal


def _status(draws: np.random.Generator, age: Ints) -> Ints:
    """Old orders are done, the last two weeks' are on their way."""
    n = len(age)
    old = draws.choice(6, n, p=(0.004, 0.004, 0.012, 0.88, 0.065, 0.035))
    young = draws.choice(6, n, p=(0.05, 0.25, 0.4, 0.25, 0.05, 0.0))
    new = draws.choice(6, n, p=(0.35, 0.5, 0.1, 0.0, 0.05, 0.0))
    return np.where(age > 14 * DAY, old, np.where(age > 2 * DAY, young, new))


def _order_dates(draws: np.random.Generator, created: Ints, end: int) -> Ints:
    """One order in a hundred was entered days late; one in five thousand claims to come from the future."""
    n = len(created)
    kind = draws.random(n)
    late = created - draws.integers(DAY, 21 * DAY, n)
    future = end + draws.integers(30 * DAY, 400 * DAY, n)
    return np.where(kind < 0.01, late, np.where(kind < 0.0102, future, created - draws.integers(0, 3 * SECOND, n)))


def _totals(draws: np.random.Generator, subtotal: Ints, tax: Ints, shipping: Ints) -> Ints:
    """One total in two hundred is wrong: shipping forgotten, tax twice, nothing at all, or some cents off."""
    n = len(subtotal)
    right = subtotal + tax + shipping
    kind = draws.integers(0, 4, n)
    wrong = np.choose(kind, (subtotal + tax, right + tax, np.zeros(n, np.int64), right + draws.integers(1, 90, n)))
    wrong = np.where(wrong == right, right + 1, wrong)
    return np.where(chance(draws, n, 0.005), wrong, right)


def order_fields(world: World, orders: Orders, rows: NDArray[np.intp], *, long_notes: bool) -> list[Field]:
    draws, n = world.plan.draws(60, int(orders.id[0]), int(long_notes)), len(rows)
    tenant = orders.tenant[rows]
    currency = np.where(chance(draws, n, 0.002), 3, 0) + world.tenants.currency[tenant]
    spelling = draws.random(n)
    status = np.where(spelling < 0.0001, 12, orders.status[rows] + np.where(spelling < 0.002, 6, 0))
    notes = _long_notes(draws, n) if long_notes else Pool(pools.NOTES)
    return [
        bigint(orders.id[rows]),
        bigint(tenant + 1),
        bigint(world.customers.id[orders.customer[rows]]),
        text(constant("ORD-", n), digits(orders.id[rows], 9, padded=True)),
        text(Pool(ORDER_STATUS).take(status)),
        timestamptz(orders.seen[rows]),
        money(orders.subtotal[rows]),
        money(orders.tax[rows]),
        money(orders.shipping[rows]),
        money(orders.total[rows]),
        text(Pool(("USD", "EUR", "GBP", "usd", "eur", "gbp")).take(currency)),
        text(notes.take(draws.integers(0, notes.count, n)), valid=None if long_notes else chance(draws, n, 0.12)),
        timestamptz(orders.created[rows]),
        timestamptz(orders.changed[rows]),
    ]


def _long_notes(draws: np.random.Generator, n: int) -> Pool:
    """Texts that do not compress, so that PostgreSQL stores them out of line."""
    letters = draws.integers(ord("0"), ord("z"), (n, LONG_NOTE_BYTES), np.uint8)
    return Pool([bytes(row).decode() for row in letters])


def with_long_notes(orders: Orders) -> Flags:
    """One order in 2,500 carries a text of 12 kB."""
    chosen: Flags = orders.id % 2_500 == 1_234
    return chosen


def item_fields(world: World, orders: Orders, items: Items, first: int) -> list[Field]:
    m = len(items.order)
    created = timestamptz(orders.created[items.order])
    return [
        bigint(first + np.arange(m)),
        bigint(orders.tenant[items.order] + 1),
        bigint(orders.id[items.order]),
        bigint(world.products.id[items.product]),
        integer(items.quantity),
        money(items.unit),
        money(items.discount),
        money(items.line),
        created,
        created,
    ]


@dataclass(frozen=True)
class Bills:
    """What invoices are written for; -1 stands for none."""

    tenant: Ints
    customer: Ints
    subscription: Ints
    order: Ints
    issued: Ints
    cents: Ints
    status: Ints


def bills(world: World, block: Block, orders: Orders) -> Bills:
    """The block's invoices by time of issue: one for each order, one for each month of a subscription."""
    draws = world.plan.draws(7, block.number)
    parts = (_order_bills(draws, world.plan.end, orders), _subscription_bills(world, draws, block))
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Bills.__dataclass_fields__}
    by_time = np.argsort(columns["issued"], kind="stable")
    return Bills(**{name: values[by_time] for name, values in columns.items()})


def _order_bills(draws: np.random.Generator, end: int, orders: Orders) -> Bills:
    n = len(orders.id)
    issued = orders.created + draws.integers(SECOND, HOUR, n)
    status = _settlement(draws, end - issued, n)
    status = np.where(orders.status == CANCELLED, VOID, status)
    status = np.where(
        (orders.status == PENDING) & (status == SETTLED), np.where(draws.random(n) < 0.3, DRAFT, OPEN), status
    )
    cents = orders.subtotal + orders.tax + orders.shipping
    return Bills(orders.tenant, orders.customer, np.full(n, -1), orders.id, issued, cents, status)


def _subscription_bills(world: World, draws: np.random.Generator, block: Block) -> Bills:
    subs, month = world.subscriptions, 30 * DAY
    ends = np.where(subs.cancelled >= 0, subs.cancelled, world.plan.end)
    low = np.maximum(0, -(-(block.begin - subs.started) // month))
    high = np.maximum(low, -(-(np.minimum(ends, block.until) - subs.started) // month))
    number = np.repeat(np.arange(len(low)), high - low)
    nth = np.arange(len(number)) - np.repeat(np.cumsum(high - low) - (high - low), high - low) + low[number]
    issued = subs.started[number] + nth * month
    status = _settlement(draws, world.plan.end - issued, len(number))
    none = np.full(len(number), -1)
    return Bills(subs.tenant[number], subs.customer[number], number + 1, none, issued, subs.cents[number], status)


def _settlement(draws: np.random.Generator, age: Ints, n: int) -> Ints:
    old = draws.choice(5, n, p=(0.002, 0.035, 0.945, 0.01, 0.008))
    young = draws.choice(5, n, p=(0.01, 0.24, 0.74, 0.01, 0.0))
    return np.where(age > 30 * DAY, old, young)


def invoice_fields(world: World, bills: Bills, first: int) -> list[Field]:
    """One open invoice in five is paid in part; one payment in 500 is dated before its invoice, one in 500 does not
    fit its invoice's amount."""
    draws, n, end = world.plan.draws(70, first), len(bills.issued), world.plan.end
    paid = bills.status == SETTLED
    partly = (bills.status == OPEN) & chance(draws, n, 0.2)
    lag = (draws.exponential(5, n) * DAY).astype(np.int64).clip(60 * SECOND, 80 * DAY)
    lag = np.where(chance(draws, n, 0.002), -2 * DAY, lag)
    paid_at = np.minimum(bills.issued + lag, end - SECOND)
    amount = np.where(paid, bills.cents, np.where(partly, bills.cents // 3, 0))
    misfit = chance(draws, n, 0.002)
    amount = np.where(misfit, np.where(paid, amount + draws.integers(-90, 90, n), bills.cents), amount)
    identity = first + np.arange(n)
    return [
        bigint(identity),
        bigint(bills.tenant + 1),
        bigint(world.customers.id[bills.customer]),
        bigint(bills.subscription, bills.subscription >= 0),
        bigint(bills.order, bills.order >= 0),
        text(constant("INV-", n), digits(identity, 9, padded=True)),
        text(Pool(INVOICE_STATUS).take(bills.status)),
        money(bills.cents),
        money(amount),
        timestamptz(bills.issued),
        date(bills.issued // DAY + 14),
        timestamptz(paid_at, paid | partly),
        timestamptz(bills.issued),
        timestamptz(np.where(paid | partly, np.maximum(paid_at, bills.issued), bills.issued)),
    ]
