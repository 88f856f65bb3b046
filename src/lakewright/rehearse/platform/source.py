"""What stands in for a source: the example shop in an embedded PostgreSQL, or a database of one's own."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg

from lakewright.bronze.dms import DmsTable
from lakewright.bronze.dms_catalog import keep_tables
from lakewright.ingest.mappings import TableMapping, TableTransform
from lakewright.ingest.sources.postgres.catalog import read_catalog
from lakewright.observe import Event, Observer
from lakewright.rehearse import postgres
from lakewright.rehearse.shop import Shop
from lakewright.spec import Project, Source

STAND_IN_DOMAIN = "stand-in.internal"
"""Hosts below it exist nowhere: what is deployed with them can reach nothing but the stand-in."""


@dataclass(frozen=True)
class ShopSize:
    """How much the example shop has sold. Small by default: a rehearsal is about behaviour, not about volume."""

    orders: int = 2_000
    tenants: int = 8
    days: int = 180
    seed: int = 7


@dataclass(frozen=True)
class StandIn:
    """A running database in the place of source `name`. `url` is on this machine, `host` is what gets deployed."""

    name: str
    source: Source
    url: str
    host: str
    mapping: TableMapping
    shop: Shop | None

    @property
    def login(self) -> Mapping[str, str | int]:
        """What the secret of the source holds for this rehearsal."""
        parts = urlsplit(self.url)
        return {
            "host": self.host,
            "port": 5432,
            "username": parts.username or "lakewright",
            "password": parts.password or "no-password-on-a-socket",
            "dbname": parts.path.lstrip("/") or "postgres",
        }

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def tables(self) -> tuple[DmsTable, ...]:
        """The selected tables that have a key, as the database describes them now."""
        tenant = self.source.postgres.tenant
        with self.connect() as connection:
            transforms = self.mapping.resolve(read_catalog(connection, self.mapping.selects))
        found = []
        for one in transforms.values():
            types = {column.name: column.type for column in one.columns}
            if one.key:
                found.append(
                    DmsTable(one.name, one.schema, one.name, one.key, types, tenant if tenant in types else None)
                )
        return tuple(found)

    def rows(self) -> Mapping[str, int]:
        """Rows of each selected table, `schema.table`, as the database counts them now."""
        with self.connect() as connection:
            counts = {}
            for table in self.tables():
                name = psycopg.sql.Identifier(table.schema, table.table)
                row = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
                counts[f"{table.schema}.{table.table}"] = int(row[0]) if row else 0
        return counts


def _table(one: TableTransform, tenant: str | None) -> DmsTable:
    types = {column.name: column.type for column in one.columns}
    return DmsTable(one.name, one.schema, one.name, one.key, types, tenant if tenant in types else None)


def selection(project: Project, source: Source) -> TableMapping:
    """Which tables of a source are replicated."""
    file = source.postgres.mapping
    return TableMapping.read(project.root / file) if file else TableMapping.from_patterns(source.postgres.tables)


@contextmanager
def standing_in(project: Project, given: Mapping[str, str], observe: Observer) -> Iterator[tuple[StandIn, ...]]:
    """A stand-in for every source; `given`: source → URL of a database of one's own (loopback or a socket only).

    The shop's schema is there at once, its rows when `fill` has run. Each source that DMS replicates has its tables
    noted in the project's state, as `lakewright check` does: compiling needs keys and types.
    """
    with ExitStack() as stack:
        found = []
        for name, source in project.platform.sources.items():
            shop = None
            url = given.get(name)
            if url is None:
                server = stack.enter_context(postgres.running())
                url, shop = server.url(), Shop(server.url())
                observe(Event("rehearse.detail", {"text": f"{name}: PostgreSQL {server.binaries.major}"}))
                shop.run("migrate", ["--verbosity", "0"])
            one = StandIn(name, source, url, f"{quote(name)}.{STAND_IN_DOMAIN}", selection(project, source), shop)
            keep_tables(project.state_dir / f"dms-{name}.json", one.tables())
            found.append(one)
        yield tuple(found)


def fill(standins: Sequence[StandIn], size: ShopSize) -> None:
    """Puts the shop's rows into those stand-ins that are shops."""
    arguments = [f"--{name}={getattr(size, name)}" for name in ("orders", "tenants", "days", "seed")]
    for one in standins:
        if one.shop is not None:
            one.shop.run("seed", [*arguments, "--json"])


class Traffic:
    """Somebody who goes on buying in the shop."""

    def __init__(self, shop: Shop, rate: int, seed: int) -> None:
        self._process: subprocess.Popen[str] = shop.start(
            "traffic", [f"--rate={rate}", "--seconds=0", f"--seed={seed}", "--json"]
        )

    def end(self) -> int:
        """Stops it; gives the number of rows that it has committed."""
        self._process.terminate()
        output, _ = self._process.communicate(timeout=30)
        last = output.splitlines()[-1] if output.strip() else "{}"
        return int(json.loads(last).get("rows", 0))


class Filling(threading.Thread):
    """`fill` beside other work. `finish` waits and raises what went wrong."""

    def __init__(self, standins: Sequence[StandIn], size: ShopSize) -> None:
        super().__init__(name="fill", daemon=True)
        self._standins, self._size = standins, size
        self._error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            fill(self._standins, self._size)
        except Exception as error:
            self._error = error

    def finish(self) -> None:
        self.join()
        if self._error is not None:
            raise self._error
