"""Time travel: customers now and earlier, and rows that are gone since, read again."""

from __future__ import annotations

from lakewright.errors import ProblemError
from lakewright.rehearse.scenarios.stage import Finding, Stage, Step, Told, moment_of

TABLE = "silver.customer"
COUNT = "SELECT count(*) AS customers, max(updated_at) AS last_change FROM customer"
SHOWN = "b.customer_id, b.tenant_id, b.email, b.is_active, b.updated_at"


def tell(stage: Stage) -> Told:
    """Raises ProblemError LW813 when the table has no past."""
    engineer = stage.anyone("DataEngineer")
    history = stage.history(TABLE)
    if len(history) < 2:
        raise ProblemError("LW813", f"{TABLE} has one version only, so there is nowhere to travel to")
    at = moment_of(history[0])
    travel = f"FOR TIMESTAMP AS OF TIMESTAMP '{at}'"
    past = f"{TABLE} TIMESTAMP AS OF '{at.removesuffix(' UTC')}' AS b"
    present, same = f"{TABLE} AS n", "ON n.customer_id = b.customer_id"
    versions = [(commit.version, commit.at, commit.operation) for commit in history]
    known = Step("What is known of the table", ("version", "at", "operation"), versions)
    now = stage.ask("Customers now", engineer, COUNT, "silver")
    earlier = stage.ask("Customers then", engineer, f"{COUNT} {travel}", "silver")
    gone = stage.ask_spark(
        "Customers of then that are gone now: rows to recover",
        engineer,
        f"SELECT {SHOWN} FROM {past} LEFT ANTI JOIN {present} {same} ORDER BY b.customer_id",
    )
    changed = stage.ask_spark(
        "Customers that were changed since",
        engineer,
        f"SELECT COUNT(*) AS changed FROM {past} INNER JOIN {present} {same} WHERE n.updated_at > b.updated_at",
    )
    came = stage.ask_spark(
        "Customers that came since", engineer, f"SELECT COUNT(*) AS came FROM {present} LEFT ANTI JOIN {past} {same}"
    )
    (count_now,), (count_then,), (new,) = now.column("customers"), earlier.column("customers"), came.column("came")
    lost = len(gone.rows)
    adds_up = count_now == count_then - lost + new
    findings = [
        Finding(f"{count_then:,} customers then, {lost:,} gone and {new:,} new since: {count_now:,} now", adds_up),
        Finding("rows that are no longer in the table were read again", lost > 0),
    ]
    command = f'lakewright sql "{gone.sql}" --output csv > recovered.csv   # without --as: nothing is masked'
    return Told("Time travel", [known, now, earlier, gone, changed, came], findings, (command,))
