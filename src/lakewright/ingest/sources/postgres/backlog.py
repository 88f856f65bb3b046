"""A backlog comes in chunks, each as the answer to one query, instead of message by message.

A walsender hands every change to the network by itself, which costs server and reader more than decoding does. The
same plugin, asked by `pg_logical_slot_peek_binary_changes`, gives the same messages as rows of one COPY. That function
begins where the slot was confirmed and moves nothing; so the next chunk is asked for when the last one is durable here.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakewright.ingest.sources.postgres.identifiers import quote_literal
from lakewright.ingest.sources.postgres.slot import Connection, beyond, lsn_number, lsn_text
from lakewright.ingest.sources.postgres.wire import StreamEnded, answer

BACKLOG_BYTES = 16 * 2**20
"""How much WAL must wait before it is asked for."""

CHUNK_BYTES = 256 * 2**20
"""How much WAL is asked for at once. The server decodes it all, into temporary files, before it sends the first row."""

REREAD_BYTES = 1024 * 2**20
"""How much WAL the server may have to read again for each chunk, since a transaction has been open for so long."""

LEAST_SERVER = 110000
"""Older ones cannot move a slot on without giving out its changes."""


@dataclass(frozen=True)
class Waiting:
    """Where the server's flushed WAL ends, where the slot was confirmed, and from where the server decodes again.

    `standby`: the server only replays.
    """

    end: int
    confirmed: int
    restart: int
    standby: bool

    @classmethod
    def of(cls, connection: Connection, slot: str, start: int) -> Waiting:
        """As it is now. Raises LW355 when the slot is beyond `start`.

        Older servers let a confirmation move the slot back: then nobody would see what was missed.
        """
        standby = "pg_catalog.pg_is_in_recovery()"
        end = f"case when {standby} then pg_catalog.pg_last_wal_replay_lsn()"
        end += " else pg_catalog.pg_current_wal_flush_lsn() end"
        query = f"select pg_catalog.concat({standby}, ' ', {end}, ' ', confirmed_flush_lsn, ' ', restart_lsn)"
        query += f" from pg_catalog.pg_replication_slots where slot_name = {quote_literal(slot)}"
        recovering, *places = (answer(connection, query) or "f   ").split(" ")
        now, confirmed, restart = (lsn_number(place or "0/0") for place in places)
        if confirmed > start:
            raise beyond(slot)
        return cls(now, confirmed, restart, recovering == "t")

    def chunk(self, connection: Connection, start: int) -> int | None:
        """Up to where the next chunk after `start` goes; None when a stream is better, or the server cannot do it."""
        able = not self.standby and connection.info.server_version >= LEAST_SERVER
        if not able or self.end - start < BACKLOG_BYTES or start - self.restart > REREAD_BYTES:
            return None
        return min(self.end, start + CHUNK_BYTES)


def advanced(connection: Connection, slot: str, position: int) -> bool:
    """Moves the slot to where everything is durable here. False when the server does not want to."""
    query = f"select pg_catalog.pg_replication_slot_advance({quote_literal(slot)}, {quote_literal(lsn_text(position))})"
    try:
        answer(connection, query)
    except StreamEnded:
        return False
    return True


def chunk_query(slot: str, upto: int, options: dict[str, str]) -> str:
    """Every transaction whose commit record begins before `upto`, the plugin having these options."""
    listed = ", ".join(quote_literal(text) for option in options.items() for text in option)
    function = "pg_catalog.pg_logical_slot_peek_binary_changes"
    rows = f"SELECT data FROM {function}({quote_literal(slot)}, {quote_literal(lsn_text(upto))}, NULL, {listed})"
    return f"COPY ({rows}) TO STDOUT (FORMAT binary)"
