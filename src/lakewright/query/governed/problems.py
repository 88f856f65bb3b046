"""How a query can end other than well. No text here names anything that the principal may not know."""

from __future__ import annotations

from lakewright.errors import ProblemError


class QueryFailed(ProblemError):  # noqa: N818 - so are the words that callers match
    """A query that gave no complete result; `outcome` is the word that the audit keeps."""

    outcome = "failed"
    noted = False
    """Whether the audit has it."""


class Refused(QueryFailed):
    """The table is not there for this principal, whether or not it exists."""

    outcome = "denied"

    def __init__(self, table: str) -> None:
        super().__init__(
            "LW1101", f"there is no table {table}, or you may not read it", hint="SHOW TABLES lists what you may read"
        )
        self.table = table


class StatementError(QueryFailed):
    """The engine refuses the statement or fails on a permitted value; `kind` is the engine's word for it."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__("LW1102", text)
        self.kind = kind


class ScanLimit(QueryFailed):
    """More would be read than this principal's limit."""

    outcome = "scan limit"

    def __init__(self, limit: int, scanned: int) -> None:
        super().__init__(
            "LW1103",
            f"the query was ended: it read more than its limit of {limit:,} bytes",
            hint="read fewer columns or partitions",
        )
        self.limit = limit
        self.scanned = scanned


class OutOfMemory(QueryFailed):
    """The statement needs more memory than it may use."""

    outcome = "out of memory"

    def __init__(self) -> None:
        super().__init__("LW1104", "the query needs more memory than it may use", hint="group or join fewer rows")


class TimedOut(QueryFailed):
    """The statement took longer than it may."""

    outcome = "timed out"

    def __init__(self, seconds: float) -> None:
        super().__init__("LW1105", f"the query was ended after its limit of {seconds:g} seconds")


class Cancelled(QueryFailed):
    """Somebody ended the query."""

    outcome = "cancelled"

    def __init__(self) -> None:
        super().__init__("LW1106", "the query was cancelled")


class WorkerDied(QueryFailed):
    """The process that ran the statement ended by itself."""

    outcome = "crashed"

    def __init__(self) -> None:
        super().__init__(
            "LW1107", "the process that ran the query ended unexpectedly", hint="it may have needed too much memory"
        )


class Unreadable(QueryFailed):
    """The trusted reader failed. Why is for the operator: it may speak of values that are hidden from the principal."""

    def __init__(self, detail: str) -> None:
        super().__init__("LW1108", "a table's data could not be read", hint="the operator's log says why")
        self.detail = detail


class Unavailable(QueryFailed):
    """No process can be started for queries."""

    def __init__(self, why: str) -> None:
        super().__init__("LW1109", f"queries cannot be run now: {why}")


class VersionsHidden(QueryFailed):
    """Version numbers count changes of hidden rows too, so only those who see a whole table may name one."""

    outcome = "denied"

    def __init__(self, table: str) -> None:
        super().__init__(
            "LW1111",
            f"{table} cannot be read by version number: you see only a part of it, or it is a view",
            hint="read it as of a time",
        )


class NoSuchState(QueryFailed):
    """The table has no such version, or was not there at that time; in the lake's own words."""

    CODES = frozenset({"LW602", "LW604", "LW913"})

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(problem.code, problem.fact, place=problem.place, hint=problem.hint)
