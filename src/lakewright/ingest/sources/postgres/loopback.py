"""A local server's TCP port, for a backlog: a local socket holds some 250 messages of any size, TCP holds megabytes, so
that a server that has much to say need not wait for each of our pauses.
"""

from __future__ import annotations

import os
import socket
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lakewright.errors import LakewrightError
from lakewright.ingest.sources.postgres.slot import Connection, connect
from lakewright.ingest.sources.postgres.wire import answer

ADDRESS = "127.0.0.1"
LISTENING = frozenset({"*", "0.0.0.0", "localhost", ADDRESS})  # noqa: S104 - what a server may say of itself
UNENCRYPTED = {"sslmode": "disable", "gssencmode": "disable"}
"""Nothing leaves the machine, and nothing had been encrypted on the local socket."""

LEAST_LIBPQ = 160000
"""Older ones cannot be told to keep a password to themselves."""


def by_tcp(connection: Connection, conninfo: str, name: str) -> Connection | None:
    """Another replication connection to the server behind a local socket; None where there is none to be had.

    The same login is tried, without ever sending a password as it is, and what answers counts only if the server
    itself, asked through the local socket, has this very connection.
    """
    with _socket(connection) as ours:
        if pq.version() < LEAST_LIBPQ or ours.family != socket.AF_UNIX:
            return None
    setting = "pg_catalog.current_setting"
    found = answer(connection, f"select pg_catalog.concat({setting}('port'), ' ', {setting}('listen_addresses'))")
    port, _, listening = (found or "").partition(" ")
    if not LISTENING.intersection(one.strip() for one in listening.split(",")):
        return None
    return _verified(connection, conninfo, port, name)


def _verified(connection: Connection, conninfo: str, port: str, name: str) -> Connection | None:
    given: dict[str, Any] = {"require_auth": "none,scram-sha-256"} | conninfo_to_dict(conninfo)
    given |= {"host": ADDRESS, "hostaddr": ADDRESS, "port": port} | UNENCRYPTED
    try:
        other = connect(make_conninfo(**given), replication=True, name=name)
    except (LakewrightError, psycopg.Error):
        return None
    if _same_server(connection, other):
        return other
    other.close()
    return None


def _same_server(connection: Connection, other: Connection) -> bool:
    with _socket(other) as ours:
        address, port = ours.getsockname()
    query = (
        "select 1 from pg_catalog.pg_stat_activity"
        f" where pid = {other.pgconn.backend_pid} and client_addr = '{address}' and client_port = {port}"
    )
    return answer(connection, query) == "1"


def _socket(connection: Connection) -> socket.socket:
    return socket.socket(fileno=os.dup(connection.pgconn.socket))
