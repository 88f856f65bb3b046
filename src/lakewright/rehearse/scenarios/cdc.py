"""Real-time CDC: the newest order that came as a live change, in Bronze, Silver and Gold, and when it was there."""

from __future__ import annotations

from itertools import pairwise

from lakewright.errors import ProblemError
from lakewright.rehearse.scenarios.stage import Finding, Stage, Step, Told, moment_of, position_of
from lakewright.tables import Commit

LAYERS = ("silver.order", "gold.fact_order")


def tell(stage: Stage) -> Told:
    """Raises ProblemError LW813 when no order came as a change."""
    engineer, analyst = stage.anyone("DataEngineer"), stage.anyone("DataAnalyst")
    histories = {name: stage.history(name) for name in LAYERS}
    until = position_of(histories["gold.fact_order"][-1])
    newest = stage.ask(
        "The newest order among the live changes in Bronze",
        engineer,
        f"""SELECT c.id AS order_id, c.tenant_id, c.status, c.total, c._commit_ts AS committed, c._lsn AS position
        FROM changes.core_order c JOIN gold.fact_order f ON f.order_id = c.id
        WHERE c.op = 'I' AND c._seq >= 0 AND c._lsn < {until} ORDER BY c._lsn DESC, c._seq DESC LIMIT 1""",
        "bronze",
    )
    if not newest.rows:
        raise ProblemError("LW813", "no order came to this lake as a live change", hint="lakewright demo --keep DIR")
    (order,), (position,), (committed,) = (newest.column(name) for name in ("order_id", "position", "committed"))
    shown = {name: _first_with(histories[name], position) for name in LAYERS}
    silver = _ask(stage, engineer, "silver.order", order, None, "The same order in Silver now")
    before = _ask(stage, engineer, "silver.order", order, shown["silver.order"][0], "Silver just before it came")
    gold = _ask(stage, analyst, "gold.fact_order", order, None, "Gold now, as the analyst sees it")
    delays = [
        (name, after.version, after.at, round((after.at - committed).total_seconds(), 2))
        for name, (_, after) in shown.items()
    ]
    visible = Step("When it was visible", ("table", "version", "visible at", "seconds after commit"), delays)
    findings = [
        Finding("the order is in Silver and Gold, once", len(silver.rows) == len(gold.rows) == 1),
        Finding("it was not there one version earlier", before.rows == []),
        Finding("Silver had it before Gold", delays[0][2] <= delays[1][2]),
    ]
    return Told("Real-time CDC", [newest, before, silver, gold, visible], findings)


def _first_with(history: list[Commit], position: int) -> tuple[Commit, Commit]:
    """The commit before the first one that is past this position, and that one."""
    for earlier, commit in pairwise(history):
        if position_of(earlier) <= position < position_of(commit):
            return earlier, commit
    raise ProblemError(
        "LW813", "the history of this lake does not reach back to its newest order", hint="lakewright run"
    )


def _ask(stage: Stage, who: str, table: str, order: int, at: Commit | None, title: str) -> Step:
    database, _, name = table.partition(".")
    pin = f" FOR TIMESTAMP AS OF TIMESTAMP '{moment_of(at)}'" if at is not None else ""
    sql = f'SELECT order_id, tenant_id, dt, status, total FROM "{name}"{pin} WHERE order_id = {order}'
    return stage.ask(title, who, sql, database)
