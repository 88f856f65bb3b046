"""A real governed engine over a few Parquet files, a real object store, and three principals."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import JSONParser

from lakewright.errors import ProblemError, SpecError
from lakewright.governance import Policy, Privilege, TableFacts
from lakewright.governance.policy import PersonaFacts
from lakewright.governance.rules import Grant
from lakewright.query.athena import AwsError, Caller
from lakewright.query.athena.named import NamedQuery
from lakewright.query.athena.service import Athena, Settings
from lakewright.query.athena.sql import MACROS
from lakewright.query.athena.workgroups import WorkGroup
from lakewright.query.audit import AuditLog
from lakewright.query.governed import Governor, Pin, TableSource
from lakewright.spec.rows import parse_rows
from lakewright.storage.objects import ObjectStore

MODEL = ServiceModel(Loader().load_service_model("athena", "service-2"), "athena")

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "gold.revenue": {"tenant_id": "bigint", "month": "date", "amount": "decimal(12,2)", "note": "string"},
    "gold.numbers": {"n": "bigint"},
    "silver.person": {"id": "bigint", "email": "string"},
}
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Tables:
    """Sources over Parquet files; `versions` may be changed by a test."""

    folder: Path
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 1))

    def names(self) -> list[str]:
        return sorted(COLUMNS)

    def facts(self, name: str) -> TableFacts:
        if name not in COLUMNS:
            raise SpecError("LW911", f"there is no table {name}")
        return TableFacts(name, COLUMNS[name])

    def source(self, name: str, pin: Pin) -> TableSource:
        if pin.version is not None and pin.version > self.versions[name]:
            raise ProblemError("LW602", f"{name} has no version {pin.version}", place=name)
        if pin.moment is not None and pin.moment < BEGINNING:
            raise ProblemError("LW604", f"there was no {name} at {pin.moment.isoformat()}", place=name)
        path = self.folder / f"{name}.parquet"
        listed = ", ".join(f'"{column}"' for column in COLUMNS[name])
        sql = f"SELECT {listed} FROM read_parquet('{path}')"
        return TableSource(COLUMNS[name], sql, (str(path),), self.versions[name])

    def view(self, name: str) -> None:
        return None


@dataclass
class Clock:
    """Time that goes on by itself and can be moved."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Service:
    """The service of a test and everything around it."""

    folder: Path
    tables: Tables
    clock: Clock
    objects: ObjectStore
    governor: Governor
    policy: Policy
    athena: Athena = field(init=False)
    workgroups: Sequence[WorkGroup] = ()
    settings: Settings = field(default_factory=Settings)

    def open(self, **options: Any) -> Athena:
        self.athena = Athena(
            self.folder / "athena",
            self.governor,
            self.objects,
            workgroups=options.pop("workgroups", WORKGROUPS),
            named_queries=NAMED,
            administers=lambda principal: self.policy.is_administrator(principal),
            versions=lambda names: {name: self.tables.versions[name] for name in names},
            clock=self.clock,
            settings=options.pop("settings", Settings(at_once=4, threads=1)),
            **options,
        )
        return self.athena

    def call(self, operation: str, who: Caller | None = None, **body: Any) -> dict[str, Any]:
        """One call, its request and answer as JSON, the answer read by botocore's parser."""
        answer = self.athena.call(operation, json.loads(json.dumps(body)), who or ANALYST)
        return parsed(operation, answer)

    def start(self, sql: str, who: Caller | None = None, **body: Any) -> str:
        """A query; its id."""
        body = {"ClientRequestToken": new_token()} | body
        return str(self.call("StartQueryExecution", who, QueryString=sql, **body)["QueryExecutionId"])

    def finished(self, execution_id: str, who: Caller | None = None) -> dict[str, Any]:
        """The execution once it has ended."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = self.call("GetQueryExecution", who, QueryExecutionId=execution_id)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return dict(found)
            time.sleep(0.02)
        raise AssertionError(f"{execution_id} does not end")

    def run(self, sql: str, who: Caller | None = None, **body: Any) -> dict[str, Any]:
        """A query that succeeds; its execution."""
        found = self.finished(self.start(sql, who, **body), who)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        return found

    def rows(self, sql: str, who: Caller | None = None, **body: Any) -> list[list[str | None]]:
        """All rows with the header."""
        found = self.run(sql, who, **body)
        answer = self.call("GetQueryResults", who, QueryExecutionId=found["QueryExecutionId"])
        return [[datum.get("VarCharValue") for datum in row["Data"]] for row in answer["ResultSet"]["Rows"]]

    def refused(self, operation: str, who: Caller | None = None, **body: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self.call(operation, who, **body)
        return caught.value

    def failure(self, sql: str, who: Caller | None = None, **body: Any) -> dict[str, Any]:
        """Status of a query that fails."""
        status = self.finished(self.start(sql, who, **body), who)["Status"]
        assert status["State"] == "FAILED", status
        return dict(status)

    def object(self, location: str) -> bytes:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        return b"".join(self.objects.get(bucket, key))


def parsed(operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as botocore gives it to its user, from the JSON that goes over the wire."""
    shape = MODEL.operation_model(operation).output_shape
    response = {"status_code": 200, "headers": {}, "body": json.dumps(answer).encode()}
    found = JSONParser().parse(response, shape)
    found.pop("ResponseMetadata", None)
    unknown = set(answer) - set(shape.members if shape is not None else ())
    assert not unknown, f"members that the service model does not have: {unknown}"
    return dict(found)


_numbers = iter(range(10**9))
_lock = threading.Lock()


def new_token() -> str:
    with _lock:
        return f"token-{next(_numbers):032d}"


def grant(to: str, on: str, **more: Any) -> Grant:
    return Grant("platform.yaml:1", (on,), to=frozenset({to}), can=frozenset({Privilege.SELECT}), **more)


POLICY = Policy(
    grants=(
        grant("persona:Analyst", "gold.*"),
        grant("persona:Tenant", "gold.revenue", rows=parse_rows("tenant_id = 1")),
        grant("persona:Admin", "*.*"),
    ),
    personas={
        "Analyst": PersonaFacts(frozenset({"analysts"}), frozenset()),
        "Tenant": PersonaFacts(frozenset({"tenants"}), frozenset()),
        "Admin": PersonaFacts(frozenset(), frozenset({"root"}), administrator=True),
    },
)
ANALYST = Caller(POLICY.principal("ana", ["analysts"]), "AKIAANA", "us-east-1")
COLLEAGUE = Caller(POLICY.principal("ben", ["analysts"]), "AKIABEN", "us-east-1")
TENANT = Caller(POLICY.principal("tom", ["tenants"]), "AKIATOM", "us-east-1")
ROOT = Caller(POLICY.principal("root"), "AKIAROOT", "us-east-1")

WORKGROUPS = (
    WorkGroup("primary", output="s3://results/primary/"),
    WorkGroup("team", output="s3://results/team/", enforced=True, members=frozenset({"persona:Analyst"}), at_once=1),
    WorkGroup("small", output="s3://results/small/", scan_limit=10_000_000),
    WorkGroup("nowhere"),
    WorkGroup("off", output="s3://results/off/", enabled=False),
    WorkGroup("narrow", output="s3://results/narrow/", at_once=1, queued=2),
    WorkGroup("short", output="s3://results/short/", seconds=1.5),
)
NAMED = (
    NamedQuery(
        "revenue", "gold", "SELECT sum(amount) AS total FROM revenue", "All of it", declared_at="platform.yaml:7"
    ),
)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    duckdb.sql(
        f"""
        COPY (SELECT i % 3 + 1 AS tenant_id, DATE '2026-01-01' + INTERVAL (i) MONTH AS month,
            CAST(i * 1.5 AS DECIMAL(12,2)) AS amount, CASE WHEN i % 2 = 0 THEN 'a "b"' || chr(10) || 'c,d' END AS note
            FROM range(6) AS r(i)) TO '{folder}/gold.revenue.parquet';
        COPY (SELECT i AS n FROM range(3000000) AS r(i)) TO '{folder}/gold.numbers.parquet';
        COPY (SELECT i AS id, 'p' || i || '@example.com' AS email FROM range(5) AS r(i))
            TO '{folder}/silver.person.parquet';
        """
    )
    return folder


@pytest.fixture(scope="session")
def shared_policy() -> list[Policy]:
    """What the shared Governor asks; a test may put another policy in and must put the old one back."""
    return [POLICY]


@pytest.fixture(scope="session")
def shared_tables(files: Path) -> Tables:
    return Tables(files)


@pytest.fixture(scope="session")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared Governor's audit is."""
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="session")
def governor(shared_tables: Tables, shared_policy: list[Policy], audit: Path) -> Iterator[Governor]:
    found = Governor(
        lambda: shared_tables,
        lambda: shared_policy[0],
        AuditLog(audit / "audit", audit / "head"),
        preludes=("", MACROS),
        ahead=2,
    )
    yield found
    found.close()


@pytest.fixture
def policy(shared_policy: list[Policy]) -> Iterator[Callable[[Policy], None]]:
    """Puts another policy in force for the rest of the test."""

    def change(new: Policy) -> None:
        shared_policy[0] = new

    yield change
    shared_policy[0] = POLICY


@pytest.fixture
def service(tmp_path: Path, shared_tables: Tables, governor: Governor) -> Iterator[Service]:
    objects = ObjectStore(tmp_path / "objects")
    objects.create_bucket("results")
    objects.create_bucket("mine", owner="ana")
    found = Service(tmp_path, shared_tables, Clock(), objects, governor, POLICY)
    found.open()
    yield found
    found.athena.close()
    objects.close()
    shared_tables.versions.update(dict.fromkeys(COLUMNS, 1))
