"""Visits of the shop's site and the events they leave, a block of days at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core import pools
from core.binarycopy import (
    Bytes,
    Field,
    Flags,
    Ints,
    Pool,
    bigint,
    constant,
    decimal,
    digits,
    inet,
    text,
    timestamptz,
    uuid,
)  # fmt: skip
from core.sales import Block, Orders, pick_customers, pick_products, times
from core.world import SECOND, World, chance

STAGES = ("page_view", "product_view", "add_to_cart", "checkout", "purchase", "Page_View", "heartbeat")
PAGE, PRODUCT, CART, CHECKOUT, PURCHASE = range(5)
TRACKED_ORDERS = 0.15
VISITS_PER_ORDER = 1.0
REACHED = np.array([0.44, 0.36, 0.14, 0.06])
"""How far visits go that end without a purchase."""
REPEATS = ((0.55, 0.25, 0.12, 0.08), (0.6, 0.25, 0.1, 0.05), (0.8, 0.2))
"""How often a page, a product and the cart come up in a visit that reaches them: once, twice and so on."""


@dataclass(frozen=True)
class Visits:
    """`customer` is -1 for strangers, `order` an index into the block's orders or -1, `reached` the last stage."""

    tenant: Ints
    customer: Ints
    order: Ints
    at: Ints
    reached: Ints


@dataclass(frozen=True)
class Events:
    """By time. `visit` points into the visits, `order_id` is -1 but for purchases, `cents` their total."""

    visit: Ints
    stage: Ints
    at: Ints
    product: Ints
    order_id: Ints
    cents: Ints


def draw_visits(world: World, block: Block, orders: Orders) -> tuple[Visits, Events]:
    draws = world.plan.draws(8, block.number)
    bought = np.flatnonzero(chance(draws, len(orders.id), TRACKED_ORDERS))
    at = times(draws, block, np.round(block.counts * VISITS_PER_ORDER).astype(np.int64))
    tenant = draws.choice(world.plan.tenants, len(at), p=world.tenants.weight)
    known = pick_customers(world, draws, tenant, at)
    visits = Visits(
        tenant=np.concatenate((orders.tenant[bought], tenant)),
        customer=np.concatenate((orders.customer[bought], np.where(chance(draws, len(at), 0.45), -1, known))),
        order=np.concatenate((bought, np.full(len(at), -1))),
        at=np.concatenate((orders.created[bought], at)),
        reached=np.concatenate((np.full(len(bought), PURCHASE), draws.choice(4, len(at), p=REACHED))),
    )
    return visits, _events(world, draws, visits, orders)


def _events(world: World, draws: np.random.Generator, visits: Visits, orders: Orders) -> Events:
    n = len(visits.at)
    counts = np.zeros((n, 5), np.int64)
    for column, shares in enumerate(REPEATS):
        counts[:, column] = draws.choice(len(shares), n, p=shares) + 1
    counts[:, CHECKOUT:] = 1
    counts[visits.reached[:, None] < np.arange(5)] = 0
    visit = np.repeat(np.arange(n), counts.sum(axis=1))
    stage = np.repeat(np.tile(np.arange(5), n), counts.ravel())
    at = _moments(draws, visits, visit)
    by_time = np.argsort(at, kind="stable")
    visit, stage, at = visit[by_time], stage[by_time], at[by_time]
    order = np.where(stage == PURCHASE, visits.order[visit], -1)
    return Events(
        visit=visit,
        stage=stage,
        at=at,
        product=pick_products(world, draws, visits.tenant[visit], at),
        order_id=np.where(order >= 0, orders.id[order], -1),
        cents=np.where(order >= 0, (orders.subtotal + orders.tax + orders.shipping)[order], 0),
    )


def _moments(draws: np.random.Generator, visits: Visits, visit: Ints) -> Ints:
    """Half a minute between events on average; a visit that buys ends at its order, others begin at their time."""
    pauses = (draws.exponential(30, len(visit)) * SECOND).astype(np.int64).clip(SECOND // 2, 20 * 60 * SECOND)
    passed = np.cumsum(pauses)
    last = np.append(np.flatnonzero(np.diff(visit)), len(visit) - 1)
    first = np.append(0, last[:-1] + 1)
    bought = visits.order[visit] >= 0
    moments: Ints = visits.at[visit] + passed - np.where(bought, passed[last][visit], passed[first][visit])
    return moments


def event_fields(world: World, visits: Visits, events: Events, first: int) -> list[Field]:
    draws, n, m = world.plan.draws(80, first), len(visits.at), len(events.visit)
    session: Bytes = draws.integers(0, 256, (n, 16), np.uint8)
    address, v6 = _addresses(draws, n)
    agents = Pool(pools.USER_AGENTS)
    agent = draws.integers(0, agents.count, n)
    customer = visits.customer[events.visit]
    odd = draws.random(m)
    kind = np.where(odd < 0.0002, 6, np.where((odd < 0.002) & (events.stage == PAGE), 5, events.stage))
    return [
        bigint(first + np.arange(m)),
        bigint(visits.tenant[events.visit] + 1),
        bigint(world.customers.id[customer], customer >= 0),
        uuid(session[events.visit]),
        text(Pool(STAGES).take(kind)),
        _data(world, draws, events),
        inet(address[events.visit], v6[events.visit], (draws.random(n) >= 0.02)[events.visit]),
        text(agents.take(agent[events.visit])),
        timestamptz(events.at),
    ]


def _addresses(draws: np.random.Generator, n: int) -> tuple[Bytes, Flags]:
    """Addresses from 10.0.0.0/8 and 2001:db8::/32, which no real visitor has."""
    address: Bytes = draws.integers(0, 256, (n, 16), np.uint8)
    v6 = chance(draws, n, 0.2)
    address[:, 0] = np.where(v6, 0x20, 10)
    address[v6, 1:4] = (0x01, 0x0D, 0xB8)
    address[v6, 8:12] = 0
    return address, v6


def _data(world: World, draws: np.random.Generator, events: Events) -> Field:
    """What the client sends, by kind of event; three in a thousand do not arrive whole."""
    m = len(events.visit)
    broken = chance(draws, m, 0.003)
    page, purchase = ~broken & (events.stage == PAGE), ~broken & (events.stage == PURCHASE)
    product = ~broken & ~page & ~purchase
    pages, wrong, referrers = Pool(pools.PAGES), Pool(pools.BROKEN_JSON), Pool(pools.REFERRERS)
    pieces = (
        constant('{"page": "', m).only(page),
        pages.take(draws.integers(0, pages.count, m)).only(page),
        constant('", "referrer": "', m).only(page),
        referrers.take(draws.integers(0, referrers.count, m)).only(page),
        constant('"}', m).only(page),
        constant('{"product_id": ', m).only(product),
        digits(world.products.id[events.product], 8).only(product),
        constant(', "price": ', m).only(product),
        *(piece.only(product) for piece in decimal(world.products.cents[events.product])),
        constant(', "quantity": ', m).only(product),
        digits(draws.integers(1, 4, m), 1).only(product),
        constant("}", m).only(product),
        constant('{"order_id": ', m).only(purchase),
        digits(np.maximum(events.order_id, 0), 10).only(purchase),
        constant(', "total": ', m).only(purchase),
        *(piece.only(purchase) for piece in decimal(events.cents)),
        constant("}", m).only(purchase),
        wrong.take(draws.integers(0, wrong.count, m)).only(broken),
    )
    return text(*pieces)
