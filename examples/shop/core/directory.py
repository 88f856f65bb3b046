"""COPY rows of what the world holds: tenants, customers, products, subscriptions. The dirt of each is added here."""

from __future__ import annotations

import numpy as np

from core import pools
from core.binarycopy import (
    Field,
    Flags,
    Ints,
    Piece,
    Pool,
    bigint,
    boolean,
    constant,
    decimal,
    digits,
    integer,
    jsonb,
    money,
    text,
    timestamptz,
)  # fmt: skip
from core.world import DAY, World, chance

TIERS = Pool(("enterprise", "midmarket", "small"))
FIRST = Pool([shown for shown, _ in pools.FIRST_NAMES])
LAST = Pool([shown for shown, _ in pools.LAST_NAMES])
DOMAINS = Pool(pools.MAIL_DOMAINS)
SUBSCRIPTION_STATUS = Pool(("trialing", "active", "past_due", "cancelled"))


def _spellings(words: tuple[str, ...]) -> Pool:
    """lower, Title and UPPER after each other: word i in spelling s is number s * len(words) + i."""
    return Pool([*words, *(word.title() for word in words), *(word.upper() for word in words)])


MAIL_FIRST = _spellings(tuple(ascii_name for _, ascii_name in pools.FIRST_NAMES))
MAIL_LAST = _spellings(tuple(ascii_name for _, ascii_name in pools.LAST_NAMES))


def tenant_fields(world: World) -> list[Field]:
    tenants = world.tenants
    n = len(tenants.tier)
    number = np.arange(n)
    words, kinds = Pool(pools.TENANT_WORDS), Pool(pools.TENANT_KINDS)
    created = timestamptz(tenants.created)
    return [
        bigint(number + 1),
        text(constant("tenant-", n), digits(number + 1, 6)),
        text(words.take(number % words.count), constant(" ", n), kinds.take(number // 3 % kinds.count)),
        text(TIERS.take(tenants.tier)),
        boolean((number == 0) | (number < n - 1)),
        created,
        created,
    ]


def customer_fields(world: World, rows: Ints, block: int) -> list[Field]:
    """Customers at these indexes. Twins share a mailbox, spelled otherwise; about one in 170 has none that works."""
    draws, customers, n = world.plan.draws(20, block), world.customers, len(rows)
    twin = customers.same_as[rows] != rows
    created = customers.created[rows]
    valid_email, email = _email(world, rows, twin, draws)
    valid_phone, phone = _phone(draws, n)
    return [
        bigint(customers.id[rows]),
        bigint(customers.tenant[rows] + 1),
        text(*email, valid=valid_email),
        text(FIRST.take(customers.first_name[rows]), Pool(("", " ")).take(chance(draws, n, 0.005).astype(int))),
        text(LAST.take(customers.last_name[rows]).only(~chance(draws, n, 0.002))),
        text(*phone, valid=valid_phone),
        _metadata(draws, n),
        boolean(draws.random(n) < 0.97),
        timestamptz(created),
        timestamptz(customers.updated[rows]),
    ]


def _email(world: World, rows: Ints, twin: Flags, draws: np.random.Generator) -> tuple[Flags, tuple[Piece, ...]]:
    customers, n = world.customers, len(rows)
    person = customers.same_as[rows]
    spelling = np.where(twin, draws.integers(0, 3, n), np.where(draws.random(n) < 0.06, 1, 0))
    spaces = Pool(("", " ", "  "))
    lead = spaces.take(np.where(twin, draws.integers(0, 3, n), 0))
    trail = spaces.take(np.where(twin | chance(draws, n, 0.01), draws.integers(0, 3, n), 0))
    kind = draws.random(n)
    regular = twin | (kind >= 0.006)
    invalid = ~regular & (kind >= 0.004)
    name = (
        MAIL_FIRST.take(customers.first_name[rows] + spelling * len(pools.FIRST_NAMES)),
        constant(".", n),
        MAIL_LAST.take(customers.last_name[rows] + spelling * len(pools.LAST_NAMES)),
        digits(customers.id[person], 8),
        constant("@", n),
        DOMAINS.take(customers.id[person] % DOMAINS.count),
    )
    wrong = Pool(pools.INVALID_EMAILS)
    pieces = (
        *(piece.only(regular) for piece in (lead, *name, trail)),
        wrong.take(draws.integers(0, wrong.count, n)).only(invalid),
    )
    return regular | (kind >= 0.003), pieces


def _phone(draws: np.random.Generator, n: int) -> tuple[Flags, tuple[Piece, ...]]:
    """Six in ten are E.164; the others are written as people write them, one in two hundred is no number at all."""
    area, line = digits(draws.integers(201, 990, n), 3), digits(draws.integers(0, 10_000, n), 4, padded=True)
    style = draws.choice(9, n, p=(0.6, 0.1, 0.08, 0.06, 0.04, 0.03, 0.02, 0.065, 0.005))
    heads = Pool(("+1", "(", "+1-", "", "001 ", "", "+44 20 ", "", ""))
    gaps = Pool(("", ") ", "-", "-", " ", ".", " ", "", ""))
    after = Pool(("555", "555-", "555-", "555-", "555 ", "555.", "7946 ", "555", ""))
    ends = Pool(("", "", "", "", "", " x123", "", "", ""))
    garbage = Pool(pools.GARBAGE_PHONES)
    number, british = style != 8, style == 6
    pieces = (
        heads.take(style),
        area.only(number & ~british),
        gaps.take(np.where(british, 0, style)),
        after.take(style),
        line.only(number),
        ends.take(style),
        garbage.take(draws.integers(0, garbage.count, n)).only(~number),
    )
    return draws.random(n) >= 0.05, pieces


def _metadata(draws: np.random.Generator, n: int) -> Field:
    sources, languages, tags = Pool(pools.SOURCES), Pool(pools.LANGUAGES), Pool(pools.TAGS)
    return jsonb(
        constant('{"source": ', n),
        sources.take(draws.integers(0, sources.count, n)),
        constant(', "language": "', n),
        languages.take(draws.integers(0, languages.count, n)),
        Pool(('", "consent": true, "tags": [', '", "consent": false, "tags": [')).take(draws.integers(0, 2, n)),
        tags.take(draws.integers(0, tags.count, n)),
        constant("]}", n),
    )


def product_fields(world: World, rows: Ints, block: int) -> list[Field]:
    """Products at these indexes: one category in 20 is spelled oddly, one in 200 is missing; few costs are below 0."""
    draws, products, n = world.plan.draws(30, block), world.products, len(rows)
    category = products.category[rows]
    spelled = np.where(chance(draws, n, 0.05), len(pools.CATEGORIES), 0) + category
    categories = Pool((*pools.CATEGORIES, *pools.ODD_CATEGORIES, ""))
    adjectives, nouns = Pool(pools.ADJECTIVES), Pool(pools.NOUNS)
    stock = draws.integers(0, 500, n)
    cost = (products.cents[rows] * draws.uniform(0.4, 0.75, n)).astype(np.int64)
    return [
        bigint(products.id[rows]),
        bigint(products.tenant[rows] + 1),
        text(constant("SKU-", n), digits(products.id[rows], 6, padded=True)),
        text(
            adjectives.take(draws.integers(0, 10, n)), constant(" ", n), nouns.take(category),
            constant(" ", n), digits(products.id[rows], 6),
        ),
        text(categories.take(np.where(chance(draws, n, 0.005), categories.count - 1, spelled))),
        money(products.cents[rows]),
        money(np.where(chance(draws, n, 0.002), -cost, cost)),
        integer(np.where(chance(draws, n, 0.003), -(stock % 7) - 1, stock)),
        boolean(draws.random(n) < 0.95),
        _attributes(draws, n),
        timestamptz(products.created[rows]),
        timestamptz(products.updated[rows]),
    ]  # fmt: skip


def _attributes(draws: np.random.Generator, n: int) -> Field:
    colors, materials = Pool(pools.COLORS), Pool(pools.MATERIALS)
    return jsonb(
        constant('{"color": "', n),
        colors.take(draws.integers(0, colors.count, n)),
        constant('", "material": "', n),
        materials.take(draws.integers(0, materials.count, n)),
        constant('", "weight_g": ', n),
        digits(draws.integers(20, 9000, n), 5),
        constant(', "size": {"w": ', n),
        *decimal(draws.integers(100, 9000, n), 3),
        constant("}}", n),
    )


def subscription_fields(world: World, rows: Ints, block: int) -> list[Field]:
    """Subscriptions at these indexes. A few were cancelled before they started, or at an unknown time."""
    draws, subs, n = world.plan.draws(40, block), world.subscriptions, len(rows)
    end = world.plan.end
    started, cancelled = subs.started[rows], subs.cancelled[rows]
    ended = cancelled >= 0
    trial = ~ended & (started > end - 14 * DAY)
    overdue = ~ended & ~trial & chance(draws, n, 0.03)
    status = np.where(ended, 3, np.where(trial, 0, np.where(overdue, 2, 1)))
    early = ended & chance(draws, n, 0.006)
    shown = np.where(early, started - 3 * DAY, cancelled)
    return [
        bigint(rows + 1),
        bigint(subs.tenant[rows] + 1),
        bigint(world.customers.id[subs.customer[rows]]),
        text(Pool(pools.PLANS).take(subs.plan[rows])),
        text(SUBSCRIPTION_STATUS.take(status)),
        money(subs.cents[rows]),
        timestamptz(started),
        timestamptz(shown, valid=ended & ~chance(draws, n, 0.006)),
        timestamptz(started),
        timestamptz(np.where(ended, cancelled, started)),
    ]
