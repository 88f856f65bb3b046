"""Who lives in the shop: tenants, customers, products and subscriptions, drawn once and kept in memory as arrays.

Everything is derived from the seed and the end of time (`until`); nothing asks a clock. Times are microseconds since
1970 in UTC, amounts are cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from core import pools
from core.binarycopy import Flags, Ints

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
FAR = 1 << 55
"""More than any time; orders (tenant, time) pairs in one integer."""


@dataclass(frozen=True)
class Plan:
    """How much to make. `until` is exclusive: the last regular row is younger than it."""

    tenants: int
    orders: int
    days: int
    seed: int
    until: datetime

    @property
    def end(self) -> int:
        return int((self.until - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND

    @property
    def start(self) -> int:
        return self.end - self.days * DAY

    def draws(self, *purpose: int) -> np.random.Generator:
        """Independent random numbers for one purpose, the same whenever they are asked for."""
        return np.random.default_rng([self.seed, *purpose])


@dataclass(frozen=True)
class Tenants:
    """Index 0 is tenant 1. `weight` is the tenant's share of everything."""

    tier: NDArray[np.int64]
    weight: NDArray[np.float64]
    tax_percent: Ints
    currency: NDArray[np.int64]
    created: Ints


@dataclass(frozen=True)
class Owned:
    """Rows of tenants, ordered by (tenant, created), so that `those existing at a time` is a range of one tenant.

    `id` numbers them by creation over all tenants, as a sequence would; `first` is where each tenant begins.
    """

    tenant: Ints
    created: Ints
    id: Ints
    first: Ints

    def existing(self, tenant: Ints, at: Ints) -> Ints:
        """How many of the tenant's rows existed at that time (at least one)."""
        found = np.searchsorted(self.tenant * FAR + self.created, tenant * FAR + at, side="right")
        known: Ints = np.maximum(1, found - self.first[tenant])
        return known

    def by_id(self) -> Ints:
        return np.argsort(self.id)


@dataclass(frozen=True)
class Customers(Owned):
    """`same_as` is the row's own index, or that of the earlier row of the same person."""

    same_as: Ints
    first_name: Ints
    last_name: Ints
    updated: Ints


@dataclass(frozen=True)
class Products(Owned):
    """What is sold, at which price."""

    cents: Ints
    category: Ints
    updated: Ints


@dataclass(frozen=True)
class Subscriptions:
    """Ordered by start, which is the order of ids from 1. `cancelled` is -1 while it runs."""

    tenant: Ints
    customer: Ints
    plan: Ints
    cents: Ints
    started: Ints
    cancelled: Ints


@dataclass(frozen=True)
class World:
    """All that orders and visits refer to."""

    plan: Plan
    tenants: Tenants
    customers: Customers
    products: Products
    subscriptions: Subscriptions


def build(plan: Plan) -> World:
    """Draws the world of a plan."""
    tenants = _tenants(plan)
    customers = _customers(plan, tenants)
    return World(plan, tenants, customers, _products(plan, tenants), _subscriptions(plan, tenants, customers))


def _tenants(plan: Plan) -> Tenants:
    draws = plan.draws(1)
    n = plan.tenants
    number = np.arange(n)
    enterprise, midmarket = max(2, n // 10), max(3, n * 3 // 20)
    tier = np.where(number < enterprise, 0, np.where(number < enterprise + midmarket, 1, 2))
    weight = np.array([12.0, 4.0, 1.0])[tier] * draws.lognormal(0, 0.25, n)
    return Tenants(
        tier=tier,
        weight=weight / weight.sum(),
        tax_percent=np.array([0, 7, 8, 19, 20])[draws.integers(0, 5, n)],
        currency=np.where(draws.random(n) < 0.7, 0, draws.integers(1, 3, n)),
        created=plan.start - draws.integers(30, 900, n) * DAY,
    )


def _owned(tenant: Ints, created: Ints, tenants: int) -> tuple[Ints, Ints, Ints, Ints]:
    order = np.lexsort((created, tenant))
    tenant, created = tenant[order], created[order]
    ids = np.empty(len(order), np.int64)
    ids[np.argsort(created, kind="stable")] = np.arange(1, len(order) + 1)
    return tenant, created, ids, np.searchsorted(tenant, np.arange(tenants))


def _arrivals(plan: Plan, draws: np.random.Generator, counts: Ints, before: float) -> tuple[Ints, Ints]:
    """Tenant and creation time of that many rows per tenant: a part existed `before` the start, the rest came since."""
    tenant = np.repeat(np.arange(len(counts)), counts)
    chance = draws.random(len(tenant))
    offset = np.where(chance < before, chance / before - 1, np.sqrt((chance - before).clip(0) / (1 - before)))
    created = plan.start + (offset * (plan.days * DAY)).astype(np.int64)
    created[np.concatenate(([0], np.cumsum(counts)[:-1]))] = plan.start - DAY
    return tenant, np.minimum(created, plan.end - HOUR)


def _customers(plan: Plan, tenants: Tenants) -> Customers:
    draws = plan.draws(2)
    counts = np.maximum(3, np.round(tenants.weight * plan.orders / 10)).astype(np.int64)
    tenant, created, ids, first = _owned(*_arrivals(plan, draws, counts, 0.35), plan.tenants)
    n = len(tenant)
    number = np.arange(n)
    place = number - first[tenant]
    twin = (draws.random(n) < 0.015) & (place > 0)
    original = first[tenant] + (draws.random(n) * place).astype(np.int64)
    same_as = np.where(twin & ~twin[original], original, number)
    changed = (draws.exponential(40, n) * DAY).astype(np.int64)
    return Customers(
        tenant, created, ids, first, same_as,
        first_name=draws.integers(0, len(pools.FIRST_NAMES), n)[same_as],
        last_name=draws.integers(0, len(pools.LAST_NAMES), n)[same_as],
        updated=np.minimum(np.where(draws.random(n) < 0.5, created, created + changed), plan.end - SECOND),
    )  # fmt: skip


def _products(plan: Plan, tenants: Tenants) -> Products:
    draws = plan.draws(3)
    size = min(1.0, float(np.sqrt(plan.orders / 100_000)))
    counts = np.maximum(5, np.array([300, 120, 40])[tenants.tier] * size).astype(np.int64)
    tenant, created, ids, first = _owned(*_arrivals(plan, draws, counts, 0.7), plan.tenants)
    n = len(tenant)
    cents = np.round(np.exp(draws.normal(3.3, 0.9, n)) * 100).astype(np.int64).clip(99, 250_000)
    return Products(
        tenant, created, ids, first,
        cents=cents // 10 * 10 + 9,
        category=draws.integers(0, len(pools.CATEGORIES), n),
        updated=np.minimum(created + (draws.exponential(60, n) * DAY).astype(np.int64), plan.end - SECOND),
    )  # fmt: skip


def _subscriptions(plan: Plan, tenants: Tenants, customers: Customers) -> Subscriptions:
    draws = plan.draws(4)
    subscriber = np.flatnonzero(draws.random(len(customers.id)) < 0.18)
    subscriber = np.sort(np.concatenate((subscriber, subscriber[draws.random(len(subscriber)) < 0.1])))
    n = len(subscriber)
    earliest = np.maximum(customers.created[subscriber], plan.start)
    started = earliest + (draws.random(n) * (plan.end - earliest)).astype(np.int64)
    plans = draws.choice(len(pools.PLANS), n, p=(0.45, 0.3, 0.18, 0.07))
    raised = 1 + 0.1 * tenants.tier[customers.tenant[subscriber]].clip(0, 1)
    lifetime = (draws.exponential(240, n) * DAY).astype(np.int64) + DAY
    cancelled = np.where(started + lifetime < plan.end, started + lifetime, -1)
    order = np.argsort(started, kind="stable")
    return Subscriptions(
        tenant=customers.tenant[subscriber][order],
        customer=subscriber[order],
        plan=plans[order],
        cents=np.round(np.array(pools.PLAN_CENTS)[plans] * raised).astype(np.int64)[order],
        started=started[order],
        cancelled=cancelled[order],
    )


def chance(draws: np.random.Generator, rows: int, probability: float) -> Flags:
    return draws.random(rows) < probability
