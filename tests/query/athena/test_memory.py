"""What outlives a query: history, reuse, retention, figures."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lakewright.errors import ProblemError
from lakewright.governance import Policy
from lakewright.query.athena.database import Database
from lakewright.query.athena.execution import Execution, Request, State
from lakewright.query.athena.history import History
from lakewright.query.athena.metrics import Series
from tests.query.athena.conftest import COLLEAGUE, POLICY, ROOT, WORKGROUPS, Service, grant
from tests.query.athena.test_executions import LONG

DAY = 86_400
AGED = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}}


def reused(found: dict[str, object]) -> bool:
    return bool(found["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"])  # type: ignore[index]


def test_a_restart_forgets_nothing(service: Service) -> None:
    before = service.run("SELECT amount FROM gold.revenue ORDER BY amount")
    body = {"QueryExecutionId": before["QueryExecutionId"]}
    rows = service.call("GetQueryResults", **body)
    running = service.start(LONG)
    service.athena.close()
    service.open()
    assert service.call("GetQueryExecution", **body)["QueryExecution"] == before
    assert service.call("GetQueryResults", **body) == rows
    status = service.finished(running)["Status"]
    assert status["State"] == "CANCELLED"
    assert "service was stopped" in status["StateChangeReason"]
    assert before["QueryExecutionId"] in service.call("ListQueryExecutions")["QueryExecutionIds"]


def test_a_result_given_again_is_in_the_audit(service: Service, audit: Path) -> None:
    first = service.run("SELECT max(amount) FROM gold.revenue")["QueryExecutionId"]
    again = service.run("SELECT max(amount) FROM gold.revenue", **AGED)
    assert reused(again)
    lines = [line for path in sorted((audit / "audit").glob("*.jsonl")) for line in path.read_text().splitlines()]
    entries = [one for one in map(json.loads, lines) if one["id"] in (first, again["QueryExecutionId"])]
    assert [(one["id"] == first, one["outcome"]) for one in entries] == [
        (True, "started"), (True, "succeeded"), (False, "succeeded"),
    ]  # fmt: skip


def test_what_ran_when_the_service_died_has_failed(tmp_path: Path) -> None:
    """A process that is killed in the middle leaves its executions unfinished."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from lakewright.query.athena.database import Database\n"
        "from lakewright.query.athena.history import History\n"
        "from lakewright.query.athena.execution import Execution, Request, State\n"
        "history = History(Database(Path(sys.argv[1])))\n"
        "request = Request('SELECT 1', 'default', 'AwsDataCatalog', 'primary', 's3://results/primary/x.csv')\n"
        "history.add(Execution('x', 'ana', request, 'DML', 'SELECT', State.RUNNING, time.time()))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "athena")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(ProblemError, match="another Athena service"):
        Database(tmp_path / "athena")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    database = Database(tmp_path / "athena")
    assert [one.id for one in History(database).unfinished()] == ["x"]
    database.close()


def test_the_next_start_says_so(service: Service) -> None:
    service.athena.close()
    database = Database(service.folder / "athena")
    request = Request("SELECT 1", "default", "AwsDataCatalog", "primary", "s3://results/primary/x.csv")
    History(database).add(Execution("x", "ana", request, "DML", "SELECT", State.RUNNING, time.time()))
    database.close()
    service.open()
    status = service.finished("x")["Status"]
    assert (status["State"], status["AthenaError"]["Retryable"]) == ("FAILED", True)
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert "stopped while the query ran" in status["StateChangeReason"]


def test_thousands_of_executions(tmp_path: Path) -> None:
    database = Database(tmp_path / "athena")
    history = History(database)
    for number in range(3000):
        request = Request(
            "SELECT 1", "default", "AwsDataCatalog", "primary", f"s3://b/{number}.csv", token=f"t{number}"
        )
        who = "ana" if number % 3 else "ben"
        history.add(
            Execution(f"id{number:05d}", who, request, "DML", "SELECT", State.SUCCEEDED, 1000.0 + number, 2000.0)
        )
    before = None
    seen: list[str] = []
    while page := history.listing("primary", "ben", before, 50):
        seen += [one for _, one in page]
        before = page[-1]
    assert seen == [f"id{number:05d}" for number in range(2997, -1, -3)]
    assert history.find("id00000") is not None
    plan = database._connection.execute(
        "EXPLAIN QUERY PLAN SELECT submitted, id FROM executions WHERE workgroup = 'p' AND principal = 'b' "
        "AND (submitted, id) < (1, 'x') ORDER BY submitted DESC, id DESC LIMIT 50"
    ).fetchall()
    assert "by_principal" in plan[0][3]
    assert not any("TEMP B-TREE" in row[3] for row in plan)
    database.close()


def test_a_result_is_used_again_while_nothing_changes(service: Service) -> None:
    sql = "SELECT amount FROM gold.revenue ORDER BY amount"
    first = service.run(sql)
    assert not reused(service.run(sql))
    again = service.run(sql, **AGED)
    assert reused(again)
    assert again["QueryExecutionId"] != first["QueryExecutionId"]
    assert again["Statistics"]["DataScannedInBytes"] == 0
    rows = service.call("GetQueryResults", QueryExecutionId=again["QueryExecutionId"])
    assert rows == service.call("GetQueryResults", QueryExecutionId=first["QueryExecutionId"])
    assert again["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"]["Enabled"] is True


def test_not_for_another_principal_version_or_text(service: Service) -> None:
    sql = "SELECT amount FROM gold.revenue"
    service.run(sql)
    assert not reused(service.run(sql, COLLEAGUE, **AGED))
    assert not reused(service.run(sql + " WHERE amount > 1", **AGED))
    assert not reused(service.run("SELECT now(), amount FROM gold.revenue", **AGED))
    assert not reused(service.run("SELECT now(), amount FROM gold.revenue", **AGED))
    assert reused(service.run(sql, **AGED))
    service.tables.versions["gold.revenue"] = 2
    assert not reused(service.run(sql, **AGED))


def test_not_when_it_is_too_old_or_gone(service: Service) -> None:
    sql = "SELECT amount FROM gold.revenue"
    first = service.run(sql)
    service.clock.ahead += 3700
    assert not reused(service.run(sql, **AGED))
    bucket, _, key = first["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    service.objects.delete(bucket, key)
    error = service.refused("GetQueryResults", QueryExecutionId=first["QueryExecutionId"])
    assert (error.message, error.fields["AthenaErrorCode"]) == ("Could not find results", "RESULT_NOT_FOUND")


def test_not_when_the_grants_changed(service: Service, policy: Callable[[Policy], None]) -> None:
    sql = "SELECT tenant_id FROM gold.revenue"
    service.run(sql)
    policy(replace(POLICY, grants=(grant("persona:Analyst", "gold.*", columns=("tenant_id",)), *POLICY.grants[1:])))
    assert not reused(service.run(sql, **AGED))


def test_a_replaced_object_is_not_given_out(service: Service) -> None:
    first = service.run("SELECT 1")
    bucket, _, key = first["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    service.objects.put(bucket, key, b'"forged"\n"2"\n', owner="ana")
    assert service.refused("GetQueryResults", QueryExecutionId=first["QueryExecutionId"]).message == (
        "Could not find results"
    )


def test_results_are_kept_thirty_days_and_history_longer(service: Service) -> None:
    old = service.run("SELECT 1")
    body = {"QueryExecutionId": old["QueryExecutionId"]}
    service.clock.ahead += 29 * DAY
    assert service.athena.sweep() == 0
    assert service.call("GetQueryResults", **body)
    service.clock.ahead += 2 * DAY
    young = service.run("SELECT 2")
    assert service.athena.sweep() == 1
    assert service.refused("GetQueryResults", **body).message == "Could not find results"
    assert service.call("GetQueryExecution", **body)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    kept = [one.key for one in service.objects.list("results").objects]
    assert len(kept) == 2
    assert all(young["QueryExecutionId"] in key for key in kept)
    assert not list((service.folder / "athena" / "rows").glob(f"*/{old['QueryExecutionId']}"))
    service.clock.ahead += 15 * DAY
    service.athena.sweep()
    assert "was not found" in service.refused("GetQueryExecution", **body).message


def test_days_are_the_workgroups(service: Service) -> None:
    service.athena.close()
    service.open(workgroups=[replace(WORKGROUPS[0], keep_days=2), *WORKGROUPS[1:]])
    service.run("SELECT 1")
    service.run("SELECT 1", WorkGroup="team")
    service.clock.ahead += 3 * DAY
    assert service.athena.sweep() == 1


def test_figures_as_cloudwatch_has_them(service: Service) -> None:
    start = service.clock() - 1
    one = service.run("SELECT n FROM gold.numbers WHERE n < 100")
    two = service.run("SELECT n FROM gold.numbers WHERE n < 100")
    service.failure("SELECT * FROM gold.nothing")
    end = service.clock() + 1
    dimensions = {"WorkGroup": "primary", "QueryState": "SUCCEEDED", "QueryType": "DML"}
    (point,) = service.athena.datapoints(Series("ProcessedBytes", dimensions, start, end, 3600), ROOT)
    scanned = [found["Statistics"]["DataScannedInBytes"] for found in (one, two)]
    assert point["SampleCount"] == 2
    assert (point["Sum"], point["Average"], point["Unit"]) == (sum(scanned), sum(scanned) / 2, "Bytes")
    (total,) = service.athena.datapoints(Series("TotalExecutionTime", dimensions, start, end, 3600), ROOT)
    times = [found["Statistics"]["TotalExecutionTimeInMillis"] for found in (one, two)]
    assert (total["Minimum"], total["Maximum"]) == (min(times), max(times))
    (failed,) = service.athena.datapoints(Series("QueryQueueTime", {"QueryState": "FAILED"}, start, end, 3600), ROOT)
    assert failed["SampleCount"] == 1
    assert service.athena.datapoints(Series("Unheard", {}, start, end), ROOT) == []
    names = {(found["MetricName"], len(found["Dimensions"])) for found in service.athena.metrics(start, end, ROOT)}
    assert ("EngineExecutionTime", 3) in names
