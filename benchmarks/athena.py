"""The local Athena through PyAthena's defaults: one client, twenty, fifty with mixed queries; TPC-H beside DuckDB and,
where TRINO_HOME and TRINO_JAVA_HOME name one, beside Trino over the same catalog.

The service is `lakewright serve` on a project of its own; clients are other processes on the same machine. Beside it,
for SELECT 1: moto's Athena server (a stub that runs no SQL), and a stub that answers as emulators do which run a query
in the background: it is RUNNING for 20 ms, so that PyAthena, which looks at once, looks again after a second. PyAthena
lives in the Python that BENCH_PEERS_PYTHON names.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from benchmarks.measure import PEERS, Row, wait_for_quiet
from lakewright.errors import MissingError, ProblemError
from lakewright.rehearse.aws.runtime import environment_of

USERS = ("ana", "ben", "cyd", "dee", "eli")
PLATFORM = """lakewright: 1
platform: bench
access:
  users: {ana: {}, ben: {}, cyd: {}, dee: {}, eli: {}, root: {groups: [admins]}}
  personas: {admin: {groups: [admins], administrator: true}}
  grants:
    - {to: admin, on: "*.*", can: all, classes: "*"}
    - {to: everyone, on: gold.*}
"""
STRANGER = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "BENCH_LOCATION": "s3://results/"}
LOCATION = "s3://bench-athena-results/bench/"
TPCH = Path(__file__).parents[1] / "tests/query/athena/sql/tpch.sql"
TPCH_TABLES = ("region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem")
MIXED = (
    "SELECT 1",
    "SELECT count(*) AS n, sum(total) AS revenue FROM gold.sales WHERE tenant_id = 7",
    "SELECT status, count(*) AS n, avg(total) AS mean FROM gold.sales GROUP BY status ORDER BY status",
    "SELECT tenant_id, sum(total) AS revenue FROM gold.sales GROUP BY tenant_id ORDER BY revenue DESC LIMIT 5",
    "SELECT id, total FROM gold.sales WHERE total > 11990 ORDER BY id LIMIT 200",
)


@dataclass(frozen=True)
class Service:
    """A running `lakewright serve`: its process and the variables that its clients need."""

    pid: int
    environment: Mapping[str, str]


def run(*, quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _make_project(root, 200_000 if quick else 1_000_000)
        scale = 0.05 if quick else 1.0
        tpch = _make_tpch(root, scale)
        with _serving(root) as service:
            yield from _one_client(service, 20 if quick else 60)
            yield _twenty_clients(service, 10 if quick else 30, 0.5)
            yield _twenty_clients(service, 10 if quick else 30, 0.0)
            yield from _fifty_clients(service, 10.0 if quick else 60.0)
            if tpch:
                yield from _tpch(service, root, scale)


def _one_client(service: Service, rounds: int) -> Iterator[Row]:
    clients = [{"profile": "ana", "statements": ["SELECT 1"]}]
    wait_for_quiet()
    (ours,) = _ask([clients], service.environment, rounds=rounds)
    middle = statistics.median(ours["seconds"]) * 1000
    polled = _polled(5)
    with _moto() as environment:
        (theirs,) = _ask([[{"statements": ["SELECT 1"]}]], environment, rounds=min(rounds, 20))
    peer = f"in background {polled * 1000:,.0f} ms, moto's stub {statistics.median(theirs['seconds']) * 1000:,.0f} ms"
    ratio = f"{middle / 1000 / polled:.3f}x"
    yield Row("SELECT 1 through PyAthena, p50", f"{middle:.1f} ms", peer, ratio, "<= 25 ms", middle <= 25)


def _twenty_clients(service: Service, rounds: int, pause: float) -> Row:
    """Without a pause they ask for all that the machine has, their own work included: that row has no bar."""
    people = [{"profile": USERS[number % 5], "statements": ["SELECT 1"]} for number in range(20)]
    wait_for_quiet()
    found = _ask([people[start::4] for start in range(4)], service.environment, rounds=rounds, pause=pause)
    seconds = sorted(one for client in found for one in client["seconds"])
    _no_errors(found)
    worst = _percentile(seconds, 0.99) * 1000
    rate = 20 / (statistics.mean(seconds) + pause)
    figure = f"{worst:.0f} ms, p50 {statistics.median(seconds) * 1000:.0f} ms"
    if not pause:
        return Row("  the same without a pause: as much as the machine gives", figure, f"{rate:.0f} queries/s")
    what = f"20 clients, SELECT 1 about every {pause:g} s each, p99"
    return Row(what, figure, f"{rate:.0f} queries/s", "", "<= 100 ms", worst <= 100)


def _fifty_clients(service: Service, seconds: float) -> Iterator[Row]:
    """One principal has thirty clients, four have five each."""
    names = ["ana"] * 30 + [name for name in USERS[1:] for _ in range(5)]
    clients = [
        {"profile": name, "statements": [*MIXED[number % 5 :], *MIXED[: number % 5]]}
        for number, name in enumerate(names)
    ]
    wait_for_quiet()
    with _watched_memory(service.pid) as peak:
        found = _ask([clients[start::4] for start in range(4)], service.environment, seconds=seconds)
    every = sorted(one for client in found for one in client["seconds"])
    errors = [one for client in found for one in client["errors"]]
    counts = {name: sum(len(one["seconds"]) for one in found if one["profile"] == name) for name in USERS}
    light = min(counts[name] for name in USERS[1:])
    figure = f"{len(errors)} errors of {len(every):,}" + (f" ({errors[0]})" if errors else "")
    yield Row(f"50 clients, mixed queries, {seconds:.0f} s: errors", figure, "", "", "none", not errors)
    worst = f"{_percentile(every, 0.99):.2f} s, p50 {statistics.median(every):.2f} s"
    yield Row("  p99 of a query", worst, f"{len(every) / seconds:.0f} queries/s")
    share = f"{counts['ana']} to {light}"
    busiest = f"{counts['ana'] / light:.2f}x"
    yield Row("  queries of one with 30 clients to one with 5", share, "", busiest, "<= 3x", counts["ana"] <= 3 * light)
    memory = max(peak) / 2**20
    yield Row(
        "  memory of all the service's processes, peak", f"{memory:,.0f} MB", "", "", "<= 2,500 MB", memory <= 2500
    )


def _tpch(service: Service, root: Path, scale: float) -> Iterator[Row]:
    """Each query three times, in turns with DuckDB and Trino on the same files; the median counts."""
    queries = re.findall(r"^-- (q\d+)\n(.*?)(?=^-- q|\Z)", TPCH.read_text(), re.MULTILINE | re.DOTALL)
    with closing(_plain_duckdb(root)) as connection, _trino(service) as trino:
        ways: dict[str, Callable[[str], object]] = {
            "": lambda statement: _rows_of(service, statement),
            "DuckDB, no grants": lambda statement: connection.execute(statement).fetchall(),
        }
        if trino is not None:
            ways["Trino 476, no grants"] = trino
        times = {name: [_thrice(way, text.strip().rstrip(";")) for _, text in queries] for name, way in ways.items()}
    ours = times.pop("")
    what, figure = f"TPC-H scale {scale:g} through the service", f"{sum(ours):.1f} s for {len(ours)} queries"
    for name, theirs in times.items():
        ratio = statistics.geometric_mean(one / other for one, other in zip(ours, theirs, strict=True))
        yield Row(what, figure, f"{name}: {sum(theirs):.1f} s", f"{ratio:.2f}x")
    if trino is None:
        yield Row(what, figure, "Trino: not measured, TRINO_HOME names none (examples/trino/README.md)")


def _thrice(way: Callable[[str], object], statement: str) -> float:
    """Seconds, the median of three."""
    found = []
    for _ in range(3):
        began = time.perf_counter()
        way(statement)
        found.append(time.perf_counter() - began)
    return statistics.median(found)


@contextmanager
def _trino(service: Service) -> Iterator[Callable[[str], object] | None]:
    """Asks a Trino over the service's catalog and files; None where the machine has none."""
    if "TRINO_HOME" not in os.environ:
        yield None
        return
    script: Any = runpy.run_path(str(Path(__file__).parents[1] / "examples/trino/run.py"))
    os.environ |= environment_of(Path(service.environment["AWS_SHARED_CREDENTIALS_FILE"]).parent, "root")
    with script["running"]() as address:
        yield lambda statement: script["ask"](address, statement, "root")


class _Background(BaseHTTPRequestHandler):
    """Athena as far as one SELECT 1 needs it; each query runs for 20 ms after its start was answered."""

    began: ClassVar[dict[str, float]] = {}
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = getattr(self, "_" + self.headers["x-amz-target"].partition(".")[2])(body)
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""

    def _StartQueryExecution(self, _: Any) -> dict[str, Any]:  # noqa: N802
        name = f"id-{len(self.began)}"
        self.began[name] = time.monotonic()
        return {"QueryExecutionId": name}

    def _GetQueryExecution(self, body: Any) -> dict[str, Any]:  # noqa: N802
        name = body["QueryExecutionId"]
        state = "SUCCEEDED" if time.monotonic() - self.began[name] > 0.02 else "RUNNING"
        place = {"OutputLocation": f"s3://results/{name}.csv"}
        found = {
            "QueryExecutionId": name,
            "Query": "SELECT 1",
            "Status": {"State": state},
            "ResultConfiguration": place,
        }
        return {"QueryExecution": found | {"StatementType": "DML", "SubstatementType": "SELECT", "Statistics": {}}}

    def _GetQueryResults(self, _: Any) -> dict[str, Any]:  # noqa: N802
        column = {"Name": "_col0", "Type": "integer"}
        rows = [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "1"}]}]
        return {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": [column]}}, "UpdateCount": 0}


def _polled(rounds: int) -> float:
    """Median seconds of SELECT 1 on a service that answers before the query has ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Background)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = STRANGER | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    try:
        (found,) = _ask([[{"statements": ["SELECT 1"]}]], environment, rounds=rounds)
    finally:
        server.shutdown()
        server.server_close()
    _no_errors([found])
    return float(statistics.median(found["seconds"]))


def _ask(
    groups: Sequence[Sequence[Mapping[str, Any]]], environment: Mapping[str, str], **until: Any
) -> list[dict[str, Any]]:
    """Runs groups of clients, each group in a process of its own."""
    python = os.environ.get("BENCH_PEERS_PYTHON", sys.executable)
    location = environment.get("BENCH_LOCATION", LOCATION)
    processes = [
        subprocess.Popen(
            [
                python,
                str(PEERS / "athena_client.py"),
                json.dumps({"clients": list(group), "location": location} | until),
            ],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for group in groups
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()  # its clients are connected, or it has ended
    for process in processes:
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write("go\n")
            process.stdin.flush()
    found: list[dict[str, Any]] = []
    for process in processes:
        out, err = process.communicate(timeout=600)
        if process.returncode:
            raise ProblemError("LW901", f"PyAthena's clients ended with {process.returncode}: {err[-800:]}")
        found += json.loads(out)
    return found


def _no_errors(found: Sequence[Mapping[str, Any]]) -> None:
    errors = [error for client in found for error in client["errors"]]
    if errors:
        raise ProblemError("LW901", f"{len(errors)} queries failed: {errors[0]}")


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@contextmanager
def _serving(root: Path) -> Iterator[Service]:
    command = [sys.executable, "-m", "lakewright", "-C", str(root), "serve", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline() or "{}")
        if not facts:
            raise ProblemError("LW901", "`lakewright serve` did not start")
        environment = {
            "AWS_SHARED_CREDENTIALS_FILE": facts["credentials"],
            "AWS_CONFIG_FILE": facts["config"],
            "AWS_PROFILE": "ana",
        }
        try:
            yield Service(process.pid, environment)
        finally:
            process.terminate()


@contextmanager
def _moto() -> Iterator[Mapping[str, str]]:
    """moto's server with a bucket; every query that it gets has ended with an empty result."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = (
        "import sys, time; from moto.server import ThreadedMotoServer; "
        "s = ThreadedMotoServer('127.0.0.1', int(sys.argv[1]), verbose=False); s.start(); "
        "import boto3; k = dict(endpoint_url=f'http://127.0.0.1:{sys.argv[1]}', region_name='us-east-1', "
        "aws_access_key_id='testing', aws_secret_access_key='testing'); "
        "boto3.client('s3', **k).create_bucket(Bucket='results'); print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise MissingError("LW901", "moto's server did not start", hint="pip install 'moto[server]'")
        try:
            yield {
                **STRANGER,
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            }
        finally:
            process.terminate()


@contextmanager
def _watched_memory(pid: int) -> Iterator[list[int]]:
    """Peaks of the proportional memory of a process and all below it, in bytes."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            peak.append(sum(_proportional(one) for one in _tree(pid)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _tree(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _proportional(pid: int) -> int:
    try:
        match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0


def _make_project(root: Path, rows: int) -> None:
    (root / "platform.yaml").write_text(PLATFORM)
    sql = (
        "SELECT i AS id, 1 + i % 20 AS tenant_id, ['pending', 'paid', 'shipped', 'completed', 'cancelled'][1 + i % 5] "
        f"AS status, CAST((i % 1200000) / 100.0 AS DECIMAL(12,2)) AS total FROM range({rows}) AS r(i)"
    )
    _write_delta(root, "sales", duckdb.connect().execute(sql))


def _make_tpch(root: Path, scale: float) -> bool:
    """False when DuckDB's generator is not installed."""
    try:
        import duckdb_extension_tpch  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return False
    (extension,) = Path(duckdb_extension_tpch.__file__).parent.rglob("tpch.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'; CALL dbgen(sf = {scale})")
    for table in TPCH_TABLES:
        _write_delta(root, table, connection.execute(f"FROM {table}"))
    connection.close()
    return True


def _write_delta(root: Path, name: str, rows: duckdb.DuckDBPyConnection) -> None:
    from deltalake import write_deltalake

    write_deltalake(str(root / "lake" / "gold" / name), rows.to_arrow_reader(1_000_000))


def _plain_duckdb(root: Path) -> duckdb.DuckDBPyConnection:
    """The same Parquet files as views, with as many threads as there are processors."""
    connection = duckdb.connect()
    for table in TPCH_TABLES:
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{root}/lake/gold/{table}/*.parquet')")
    return connection


def _rows_of(service: Service, statement: str) -> None:
    """Until the rows are here. Raises ProblemError when the query fails."""
    athena = _boto3_client(service)
    context = {"Database": "gold"}
    started = athena.start_query_execution(QueryString=statement, QueryExecutionContext=context)
    body = {"QueryExecutionId": started["QueryExecutionId"]}
    while (status := athena.get_query_execution(**body)["QueryExecution"]["Status"])["State"] in ("QUEUED", "RUNNING"):
        time.sleep(0.005)
    if status["State"] != "SUCCEEDED":
        raise ProblemError("LW901", status["StateChangeReason"])
    for page in athena.get_paginator("get_query_results").paginate(**body):
        assert page["ResultSet"]["Rows"] is not None


def _boto3_client(service: Service) -> Any:
    import boto3
    from botocore.exceptions import ClientError  # noqa: F401 - boto3 without botocore is broken

    os.environ.update({name: service.environment[name] for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")})
    return boto3.Session(profile_name=service.environment["AWS_PROFILE"]).client("athena")
