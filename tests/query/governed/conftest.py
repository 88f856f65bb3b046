"""A small table with hidden rows and columns, and a governor over it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.engines import open_engine
from lakewright.governance import Mask, Policy, Principal, Privilege
from lakewright.governance.rules import Grant, MaskRule
from lakewright.models import Models, dialect
from lakewright.query import Lake
from lakewright.query.audit import AuditLog
from lakewright.query.governed import NEWEST, Answer, Governor, LakeSources, Limits, Pin, Query
from lakewright.query.lake import OpenTables
from lakewright.spec.rows import parse_rows
from lakewright.storage import open_storage

ROWS = 1000
ANA = Principal("ana", frozenset({"analysts"}), attributes={"tenants": ("acme",)})
BOB = Principal("bob")
ROOT = Principal("root", frozenset({"admins"}))
SELECT = frozenset({Privilege.SELECT})
T = "silver.orders"


def orders(hidden: str = "SECRET") -> pa.Table:
    """Even ids are acme's, odd ones are globex's; what belongs to globex says so, and is no number."""
    ids = range(ROWS)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "tenant": ["acme" if i % 2 == 0 else "globex" for i in ids],
            "email": [f"u{i}@example.org" for i in ids],
            "payload": [str(i) if i % 2 == 0 else f"{hidden}-{i}" for i in ids],
            "ssn": [f"ssn-{i}" for i in ids],
            "amount": pa.array([i * 10 for i in ids], pa.int64()),
        }
    )


def policy(tenants: str = "tenant in user.tenants") -> Policy:
    without = ("ssn",)
    return Policy(
        grants=(
            Grant("p:1", (T,), frozenset({"group:analysts"}), SELECT, without=without, rows=parse_rows(tenants)),
            Grant("p:2", ("silver.*", "audit.*", "bronze.*"), frozenset({"group:admins"}), SELECT),
        ),
        masks=(
            MaskRule("p:3", (T,), Mask("partial_email"), columns=((T, "email"),), exempt=frozenset({"group:admins"})),
        ),
    )


class Desk:
    """A governor whose policy can change, and short ways to ask it."""

    def __init__(self, root: Path, uri: str, **options: Any) -> None:
        storage = open_storage(uri, root / "staging")
        tables, models = OpenTables(storage), Models([])
        self.policy = policy()
        self.root = root
        self.audit = AuditLog(root / "audit", root / "head" / "audit.head")
        self.governor = Governor(
            lambda: LakeSources(Lake(storage, tuple, models, tables), models, open_engine, audit=root / "audit"),
            lambda: self.policy,
            self.audit,
            preludes=(dialect.MACROS,),
            clock=lambda: datetime.now(UTC),
            **options,
        )
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def start(
        self, sql: str, who: Principal = ANA, *, pin: Pin = NEWEST, limits: Limits | None = None, id_: str = ""
    ) -> Answer:
        """Raw DuckDB SQL, as if a dialect had let it through."""
        with self._lock:
            number = next(self._numbers)
        tables = {name: pin for name in (T, "silver.nothing", "audit.queries") if name in sql}
        found = limits or Limits(memory=256 << 20, seconds=30.0)
        query = Query(id_ or str(number), who, sql, tables, lambda _: sql, found, prelude=dialect.MACROS)
        return self.governor.run(query)

    def ask(self, sql: str, who: Principal = ANA, **options: Any) -> list[tuple[Any, ...]]:
        with self.start(sql, who, **options) as answer:
            return [tuple(row.values()) for row in answer.table().to_pylist()]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("governed")
    write_deltalake(str(root / "lake" / "silver" / "orders"), orders())
    return root


@pytest.fixture(scope="module")
def desks(lake: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(**options: Any) -> Desk:
        made.append(Desk(lake, str(lake / "lake"), **options))
        return made[-1]

    yield make
    for desk in made:
        desk.governor.close()


@pytest.fixture(scope="module")
def shared(desks: Callable[..., Desk]) -> Desk:
    return desks()


@pytest.fixture
def desk(shared: Desk) -> Desk:
    shared.policy = policy()
    return shared
