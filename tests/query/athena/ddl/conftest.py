"""The service with a catalog: `studio` is a database in which the analysts may make tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lakewright.catalog import LocalCatalog, Snapshot, Table
from lakewright.governance import Decision, Policy, Principal, Privilege, TableFacts
from lakewright.governance.rules import Grant
from lakewright.query.athena.ddl.made import Made
from lakewright.query.athena.service import Settings
from lakewright.query.athena.sql import MACROS
from lakewright.query.audit import AuditLog
from lakewright.query.governed import Governor
from lakewright.storage.objects import ObjectStore
from tests.query.athena.conftest import ANALYST, COLLEAGUE, COLUMNS, POLICY, ROOT, TENANT, Clock, Service, Tables

CREATE = Grant(
    "platform.yaml:9", ("studio.*", "other.*"), to=frozenset({"persona:Analyst"}), can=frozenset({Privilege.CREATE})
)
MAKERS = replace(POLICY, grants=(*POLICY.grants, CREATE, replace(CREATE, to=frozenset({"persona:Admin"}))))
PEOPLE = {one.principal.name: one.principal for one in (ANALYST, COLLEAGUE, TENANT, ROOT)}


def lake() -> Snapshot:
    tables = [
        Table(
            name.partition(".")[0],
            {
                "Name": name.partition(".")[2],
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                    "Location": f"s3://the-lake/{name.replace('.', '/')}/",
                },
            },
            managed=True,
        )
        for name, columns in COLUMNS.items()
    ]
    databases = {one.database: {"Name": one.database} for one in tables}
    return Snapshot(databases, {one.name: one for one in tables})


@dataclass
class Studio(Service):
    """`made` is the catalog; `rules` the policy in force, which a test may replace."""

    made: Made = field(init=False)
    rules: list[Policy] = field(default_factory=lambda: [MAKERS])

    def decide(self, principal: Principal, name: str, columns: Mapping[str, str], privilege: Privilege) -> Decision:
        return self.made.policy().decide(principal, TableFacts(name, columns), privilege, datetime.now(UTC))

    def put(self, location: str, data: bytes, owner: str = "ana") -> None:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        self.objects.put(bucket, key, data, owner=owner)

    def keys(self, location: str) -> list[str]:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        return [one.key for one in self.objects.list(bucket, key).objects]

    def values(self, sql: str, who: Any = None, **body: Any) -> list[list[str | None]]:
        """All rows without the header."""
        return self.rows(sql, who, **body)[1:]

    def lines(self, sql: str, who: Any = None, **body: Any) -> list[str]:
        """The lines of SHOW and DESCRIBE."""
        return [row[0] or "" for row in self.rows(sql, who, **body)]


def hooks(made: Made, found: Studio) -> dict[str, Any]:
    decide = found.decide
    return {
        "commands": made.commands(decide),
        "catalog": made.visible(decide),
        "expand": made.views(decide).expand,
    }


def opened(folder: Path, tables: Tables, objects: ObjectStore) -> tuple[Studio, Governor]:
    """A service in `folder` on its catalog there; to be closed by the caller."""
    rules = [MAKERS]
    made = Made(
        LocalCatalog(folder / "catalog.json", lake),
        objects,
        folder / "converted",
        principals=lambda: PEOPLE,
        policy=lambda: rules[0],
    )
    governor = Governor(
        lambda: made.sources(tables),
        made.policy,
        AuditLog(folder / "audit", folder / "audit.head"),
        preludes=("", MACROS),
        ahead=1,
    )
    found = Studio(folder, tables, Clock(), objects, governor, MAKERS, rules=rules)
    found.made = made
    found.open(settings=Settings(at_once=4, threads=1), **hooks(made, found))
    made.guard(found.athena.may_fetch)
    return found, governor


@pytest.fixture
def studio(tmp_path: Path, shared_tables: Tables) -> Iterator[Studio]:
    objects = ObjectStore(tmp_path / "objects")
    objects.create_bucket("results")
    objects.create_bucket("mine", owner="ana")
    objects.create_bucket("bens", owner="ben")
    objects.create_bucket("data")
    found, governor = opened(tmp_path, shared_tables, objects)
    found.made.catalog.put_database({"Name": "studio"})
    yield found
    found.athena.close()
    governor.close()
    objects.close()
