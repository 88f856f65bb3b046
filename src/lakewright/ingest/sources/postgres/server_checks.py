"""The part of the source check that looks at the server, the session and its role."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lakewright.ingest.sources.postgres.catalog import Connection
from lakewright.ingest.sources.postgres.findings import Finding
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal

OLDEST = 13
SENDER_TIMEOUT_MS = 10_000
WAL_LIMIT = "20GB"

SERVER = """
select current_setting('server_version_num')::int, current_setting('server_version'),
       current_setting('wal_level'), current_setting('max_replication_slots')::int,
       current_setting('max_wal_senders')::int, current_setting('max_slot_wal_keep_size', true),
       (select setting::int from pg_catalog.pg_settings where name = 'wal_sender_timeout'),
       current_setting('idle_replication_slot_timeout', true),
       current_setting('server_encoding'), current_setting('default_transaction_read_only') = 'on',
       current_setting('rds.logical_replication', true), pg_catalog.pg_is_in_recovery(),
       (select count(*) from pg_catalog.pg_replication_slots),
       (select count(*) from pg_catalog.pg_stat_replication),
       current_user::text, current_database()::text, pg_catalog.pg_backend_pid(),
       r.rolreplication, r.rolsuper,
       exists (select from pg_catalog.pg_roles m where m.rolname in ('rds_replication', 'rds_superuser')
               and pg_catalog.pg_has_role(current_user, m.oid, 'member')),
       exists (select from pg_catalog.pg_roles m where m.rolname = 'rds_replication'),
       pg_catalog.has_database_privilege(current_database(), 'CREATE'),
       pg_catalog.inet_client_addr()::text, coalesce(s.ssl, false)
from pg_catalog.pg_roles r left join pg_catalog.pg_stat_ssl s on s.pid = pg_catalog.pg_backend_pid()
where r.rolname = current_user
"""


@dataclass(frozen=True)
class Server:
    """The server, this session and its role; the fields are in the order of SERVER's columns."""

    version_num: int
    version: str
    wal_level: str
    max_slots: int
    max_senders: int
    keep_size: str | None
    sender_timeout: int
    idle_timeout: str | None
    encoding: str
    read_only: bool
    rds: str | None
    standby: bool
    slots: int
    senders: int
    role: str
    database: str
    pid: int
    replication: bool
    superuser: bool
    rds_replication: bool
    is_rds: bool
    may_create: bool
    client: str | None
    tls: bool

    @property
    def major(self) -> int:
        return self.version_num // 10_000


def read_server(connection: Connection) -> Server:
    return Server(*(connection.execute(SERVER).fetchone() or ()))


def check_server(connection: Connection, server: Server, slot: str) -> Iterator[Finding]:
    """Findings about settings, the session, the role and the slot named `slot`."""
    yield from _server_findings(server)
    yield from _session_findings(server, connection.info.backend_pid)
    yield from _slot_findings(connection, server, slot)
    yield from _role_findings(server)


def _server_findings(server: Server) -> Iterator[Finding]:
    version = server.major
    if version < OLDEST:
        yield Finding("error", "LW210", "", f"PostgreSQL {server.version} is older than {OLDEST}", then="upgrade it")
    if server.wal_level != "logical":
        fact = f"wal_level is {server.wal_level}, it must be logical"
        if server.rds is None:
            yield Finding("error", "LW211", "", fact, "ALTER SYSTEM SET wal_level = 'logical';", "restart the server")
        else:
            then = "set rds.logical_replication = 1 in the parameter group and reboot"
            yield Finding("error", "LW211", "", fact, then=then)
    if server.standby:
        severity, then = ("error", "connect to the primary") if version < 16 else ("warn", "prefer the primary")
        fact = "this server is a standby" + (", which decodes logically from version 16 on" if version < 16 else "")
        yield Finding(severity, "LW231", "", fact, then=then)  # type: ignore[arg-type]
    if server.keep_size == "-1":
        fact = "max_slot_wal_keep_size is unlimited: a stopped ingester can fill the server's disk"
        fix = f"ALTER SYSTEM SET max_slot_wal_keep_size = '{WAL_LIMIT}'; SELECT pg_reload_conf();"
        yield Finding("warn", "LW229", "", fact, fix)


def _session_findings(server: Server, client_pid: int) -> Iterator[Finding]:
    if pooled(client_pid, server.pid):
        fact = "a connection pooler answers here; replication needs the server itself"
        yield Finding("error", "LW232", "", fact, then="give the server's own host and port in the url")
    if not server.tls and is_remote(server.client):
        fact = "the connection is not encrypted"
        yield Finding("warn", "LW233", "", fact, then="add sslmode=verify-full (or at least require) to the url")
    if 0 < server.sender_timeout < SENDER_TIMEOUT_MS:
        fact = f"wal_sender_timeout is {server.sender_timeout} ms: a busy moment would end the stream"
        fix = "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();"
        yield Finding("warn", "LW235", "", fact, fix)
    if server.idle_timeout not in (None, "0", "0s"):
        fact = f"idle_replication_slot_timeout is {server.idle_timeout}: a slot at rest for longer is lost"
        yield Finding("info", "LW235", "", fact)
    if server.encoding == "SQL_ASCII":
        fact = "the database's encoding is SQL_ASCII: text that is not UTF-8 stops the table"
        yield Finding("warn", "LW236", "", fact, then="move to a UTF8 database")


def pooled(client_pid: int, server_pid: int) -> bool:
    """Whether a pooler stands between: it hands out process ids of its own at connection time."""
    return client_pid != server_pid


def is_remote(client: str | None) -> bool:
    """Whether an `inet_client_addr` is another machine's; None is a Unix socket."""
    return client is not None and not ipaddress.ip_interface(client).ip.is_loopback


SLOT = """
select plugin::text, slot_type, database::text, active_pid, coalesce(to_jsonb(s) ->> 'wal_status', 'reserved'),
       to_jsonb(s) ->> 'invalidation_reason', temporary
from pg_catalog.pg_replication_slots s where slot_name = %s
"""


def _slot_findings(connection: Connection, server: Server, slot_name: str) -> Iterator[Finding]:
    slot = connection.execute(SLOT, [slot_name]).fetchone()
    if slot:
        yield from _existing_slot(slot, server, slot_name)
    needed = 1 if slot else 2  # one to stream, and a temporary one whenever tables are loaded
    for free, setting, code in (
        (server.max_slots - server.slots, "max_replication_slots", "LW212"),
        (server.max_senders - server.senders, "max_wal_senders", "LW213"),
    ):
        if free < needed:
            now = server.max_slots if code == "LW212" else server.max_senders
            fact = f"{setting} is {now}, and {max(free, 0)} of them are free; {needed} are needed"
            fix = f"ALTER SYSTEM SET {setting} = {now - free + needed + 2};"
            yield Finding("error", code, "", fact, fix, "restart the server, or drop slots that nobody uses")


def _existing_slot(slot: Sequence[Any], server: Server, slot_name: str) -> Iterator[Finding]:
    plugin, kind, database, active, status, reason, _ = slot
    drop = f"SELECT pg_drop_replication_slot({quote_literal(slot_name)});"
    if kind != "logical" or plugin != "pgoutput" or database != server.database:
        fact = f'a slot "{slot_name}" exists that is not ours ({kind}, {plugin or "no plugin"}, {database or "any"})'
        yield Finding("error", "LW219", "", fact, drop, "or give this platform another name")
    elif status == "lost" or reason:
        fact = f'the slot "{slot_name}" is lost ({reason or "its WAL was removed"}): changes are missing'
        yield Finding("error", "LW219", "", fact, drop, "lakewright ingest resnapshot")
    elif active:
        fact = f'the slot "{slot_name}" is in use by server process {active}: an ingester runs already'
        yield Finding("warn", "LW219", "", fact)


def _role_findings(server: Server) -> Iterator[Finding]:
    role = quote_identifier(server.role)
    if not (server.replication or server.superuser or server.rds_replication):
        fix = f"GRANT rds_replication TO {role};" if server.is_rds else f"ALTER ROLE {role} REPLICATION;"
        yield Finding("error", "LW214", "", f"the role {server.role} may not replicate", fix)
