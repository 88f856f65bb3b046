"""Publication, replication slot and exported snapshots: the handoff between a full load and the stream.

A slot's consistent point L divides all transactions: a snapshot made with it holds exactly those with commit LSN < L,
and the stream delivers those from L on. The publication has to be there before the slot.
"""

from __future__ import annotations

import re
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import ExecStatus

from lakewright.errors import LakewrightError, ProblemError, SpecError
from lakewright.ingest.sources.postgres.identifiers import quote_identifier
from lakewright.ingest.sources.postgres.types import session_options

Connection = psycopg.Connection[tuple[Any, ...]]
Stop = Callable[[], bool]

CONNECT_SECONDS = 15
LOGIN_STATES = frozenset({"28000", "28P01", "3D000"})
LOGIN_WORDS = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "pg_hba.conf rejects",
    "is not permitted to log in",
)
LOGIN_MISSING = re.compile(r'FATAL: .*(role|database) ".*" does not exist')
"""libpq gives no SQLSTATE for a connection that was not made, only the server's words."""


def lsn_number(text: str) -> int:
    """`16/B374D848` as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) | int(low, 16)


def lsn_text(number: int) -> str:
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


class LoginRefusedError(ProblemError):
    """The server is there and does not let us in: it will not do so by itself later on."""


def connect(conninfo: str, *, replication: bool = False, name: str = "lakewright") -> Connection:
    """An autocommit connection under our session settings.

    Raises LW351 when the server cannot be reached, LW201 when the address cannot be read.
    """
    given = _address(conninfo)
    options = " ".join(filter(None, [str(given.get("options") or ""), session_options()]))
    extra: dict[str, Any] = {"options": options, "application_name": name, "connect_timeout": CONNECT_SECONDS}
    extra |= {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4}
    if replication:
        extra["replication"] = "database"
    try:
        return psycopg.connect(make_conninfo(conninfo, **extra), autocommit=True)
    except psycopg.OperationalError as error:
        raise unreachable(error) from error


def _address(conninfo: str) -> dict[str, Any]:
    """The address's parts. What libpq says about a wrong one repeats it, or takes the password's end for the host."""
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        given = {"port": "unreadable"}
    ports = str(given.get("port") or "0").replace(",", "")
    if not ports.isdigit() or "@" in str(given.get("host") or ""):
        hint = "postgresql://user:password@host:5432/database, with %40 for @, %2F for / and so on in the password"
        raise SpecError("LW201", "the address cannot be read", hint=hint)
    return given


def unreachable(error: psycopg.Error) -> LakewrightError:
    """The server's own words, without passwords (libpq never prints them)."""
    said = _first_line(str(error))
    refused = error.sqlstate in LOGIN_STATES or any(words in str(error) for words in LOGIN_WORDS)
    refused = refused or LOGIN_MISSING.search(str(error)) is not None
    return (LoginRefusedError if refused else ProblemError)(
        "LW351",
        f"the source database did not {'let us in' if refused else 'answer'}: {said}",
        hint="is it running, and are host, user and password in its URL right?",
    )


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "the connection ended"


def replication_command(
    connection: Connection, command: str, stop: Stop = lambda: False
) -> list[dict[str, str | None]]:
    """Runs one command of the replication protocol. Waits as long as the server needs, looking at `stop` meanwhile."""
    pgconn = connection.pgconn
    pgconn.send_query(command.encode())
    while pgconn.is_busy():
        if stop():
            pgconn.get_cancel().cancel()
            stop = _never
        select.select([pgconn.socket], [], [], 0.2)
        pgconn.consume_input()
    rows: list[dict[str, str | None]] = []
    failed: ProblemError | None = None
    while (result := pgconn.get_result()) is not None:
        if result.status == ExecStatus.FATAL_ERROR:
            failed = _refused(command, result.error_message.decode(errors="replace"))
        names = [(result.fname(i) or b"").decode() for i in range(result.nfields)]
        for row in range(result.ntuples):
            values = [result.get_value(row, i) for i in range(result.nfields)]
            rows.append({n: None if v is None else v.decode() for n, v in zip(names, values, strict=True)})
    if failed is not None:
        raise failed
    return rows


def _never() -> bool:
    return False


def _refused(command: str, message: str) -> ProblemError:
    fact = f"the server refused {command.split(' ', 1)[0]}: {_first_line(message).removeprefix('ERROR:').strip()}"
    hint = ""
    if "wal_level" in message:
        hint = "ALTER SYSTEM SET wal_level = logical, then restart the server"
    elif "slots are in use" in message:
        hint = "raise max_replication_slots, or drop slots that nobody uses"
    elif "permission denied" in message or "must be superuser" in message:
        hint = "ALTER ROLE … REPLICATION"
    return ProblemError("LW352", fact, hint=hint)


@dataclass(frozen=True)
class Snapshot:
    """An exported snapshot: holds all transactions with commit LSN < `lsn`; other connections may import `name`."""

    lsn: int
    name: str


@contextmanager
def created_slot(conninfo: str, slot: str, stop: Stop = _never) -> Iterator[Snapshot]:
    """Makes the permanent slot; its snapshot may be imported until the block ends. The slot stays."""
    with _slot(conninfo, f"{quote_identifier(slot)} LOGICAL pgoutput EXPORT_SNAPSHOT", stop) as snapshot:
        yield snapshot


@contextmanager
def snapshot_now(conninfo: str, name: str, stop: Stop = _never) -> Iterator[Snapshot]:
    """A snapshot of now with its exact LSN, by a temporary slot that is gone when the block ends."""
    temporary = f"{name[:40]}_{time.time_ns() % 10**12}"
    with _slot(conninfo, f"{quote_identifier(temporary)} TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT", stop) as snapshot:
        yield snapshot


@contextmanager
def _slot(conninfo: str, definition: str, stop: Stop) -> Iterator[Snapshot]:
    with connect(conninfo, replication=True) as connection:
        made = replication_command(connection, f"CREATE_REPLICATION_SLOT {definition}", stop)[0]
        yield Snapshot(lsn_number(made["consistent_point"] or "0/0"), made["snapshot_name"] or "")


@dataclass(frozen=True)
class SlotState:
    """What the server says about a slot. `retained` is the WAL in bytes that it keeps from being removed."""

    name: str
    database: str
    plugin: str
    active_pid: int | None
    confirmed: int
    retained: int
    wal_status: str
    safe_wal_size: int | None

    @property
    def lost(self) -> bool:
        return self.wal_status == "lost"


SLOT = """
select slot_name::text, database::text, plugin::text, active_pid, confirmed_flush_lsn::text,
       pg_catalog.pg_wal_lsn_diff(case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_receive_lsn()
                                       else pg_catalog.pg_current_wal_lsn() end, restart_lsn)::bigint,
       wal_status::text, safe_wal_size::bigint
from pg_catalog.pg_replication_slots where slot_name = %s
"""


def read_slot(connection: Connection, slot: str) -> SlotState | None:
    """The slot as it is now, or None when there is none."""
    row = connection.execute(SLOT, [slot]).fetchone()
    if row is None:
        return None
    name, database, plugin, pid, confirmed, retained, status, safe = row
    return SlotState(name, database, plugin, pid, lsn_number(confirmed or "0/0"), retained or 0, status or "", safe)


def beyond(slot: str) -> ProblemError:
    """The server gave changes away that Bronze does not hold."""
    again = f"lakewright ingest resnapshot --all makes slot {slot} again and loads every table anew"
    fact = f"somebody else read the slot {slot} beyond what Bronze holds: changes were missed"
    return ProblemError("LW355", fact, hint=again)


def drop_slot(connection: Connection, slot: str) -> None:
    """No error when there is none. A connection that uses the slot is ended first."""
    connection.execute(
        "select pg_catalog.pg_terminate_backend(active_pid) from pg_catalog.pg_replication_slots "
        "where slot_name = %s and active_pid is not null",
        [slot],
    )
    for _ in range(50):
        try:
            connection.execute(
                "select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots "
                "where slot_name = %s",
                [slot],
            )
        except psycopg.errors.ObjectInUse:
            time.sleep(0.1)
        else:
            return
    raise ProblemError("LW353", f"the slot {slot} is still in use", hint="end the connection that uses it")


def current_lsn(connection: Connection) -> int:
    """The end of the server's flushed WAL: every commit that returned is below it (unless it asked not to wait)."""
    row = connection.execute(
        "select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() "
        "else pg_catalog.pg_current_wal_flush_lsn() end::text"
    ).fetchone()
    return lsn_number(row[0]) if row else 0


def heartbeat(connection: Connection) -> None:
    """Writes a transactional message, so that the slot has a commit to pass while other databases fill the WAL."""
    connection.execute("select pg_catalog.pg_logical_emit_message(true, 'lakewright', '')")
