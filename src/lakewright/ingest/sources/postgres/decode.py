"""pgoutput (protocol version 1) → Arrow tables, many messages at a time.

All rows of one table are read together: each row's place in the buffer advances one column per step, and the values
found there become one Arrow array. Transactions may span batches; the decoder remembers the open one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.buffer import Bytes, Ints
from lakewright.ingest.sources.postgres.calendar import EPOCH
from lakewright.ingest.sources.postgres.messages import MessageBatch
from lakewright.ingest.sources.postgres.relation import PrimaryKey, Relation, parse_relation, parse_type
from lakewright.ingest.sources.postgres.rows import Place, changed_rows, truncated_rows
from lakewright.ingest.sources.postgres.types import UserTypes

BEGIN, COMMIT, RELATION, TYPE, ORIGIN, LOGICAL = (ord(kind) for kind in "BCRYOM")
INSERT, UPDATE, DELETE, TRUNCATE = (ord(kind) for kind in "IUDT")
KNOWN = np.zeros(256, dtype=np.bool_)
KNOWN[[BEGIN, COMMIT, RELATION, TYPE, ORIGIN, LOGICAL, INSERT, UPDATE, DELETE, TRUNCATE]] = True
CHANGES = np.zeros(256, dtype=np.bool_)
CHANGES[[INSERT, UPDATE, DELETE, TRUNCATE]] = True
FIRST_OF_INITDB = 10_000
"""Types below this oid are built in; there are no domains and no enums among them."""


@dataclass(frozen=True)
class Changes:
    """Rows of one table under one definition, in stream order: system columns first, then the relation's columns."""

    relation: Relation
    rows: pa.Table


@dataclass(frozen=True)
class DecodedBatch:
    """`changes` are in stream order of their first row; a new definition of a table splits its changes.

    `relations`: definitions that the batch brought and that were not known. `commit_end`: up to where the stream is
    complete after the batch's last commit (None: no commit). `rows_after_commit`: a transaction is open at the end.
    """

    changes: tuple[Changes, ...]
    relations: tuple[Relation, ...]
    commit_end: int | None
    rows_after_commit: bool
    newest_commit_ts: datetime | None


@dataclass(frozen=True, slots=True)
class _Transaction:
    lsn: int
    commit_ts: int
    changes: int
    """How many changes the batches before this one held."""


@dataclass
class _Definitions:
    """Which definition of a table holds from which message on; `after[k]` holds from message `at[k]`."""

    before: Relation | None
    at: list[int] = field(default_factory=list)
    after: list[Relation] = field(default_factory=list)

    def split(self, messages: Ints) -> Iterator[tuple[Relation | None, Ints]]:
        cuts = np.searchsorted(messages, np.array(self.at, dtype=np.int64))
        yield from zip([self.before, *self.after], np.split(messages, cuts), strict=True)


class StreamDecoder:
    """Decodes consecutive batches of one replication connection; make a new one for a new connection.

    `user_types` is asked when a table names a type that is not built in; `primary_key` for tables with REPLICA
    IDENTITY FULL.
    """

    def __init__(
        self,
        user_types: Callable[[], UserTypes] = UserTypes,
        primary_key: PrimaryKey = lambda _schema, _table: (),
    ) -> None:
        self._read_user_types = user_types
        self._user_types = UserTypes()
        self._primary_key = primary_key
        self._relations: dict[int, Relation] = {}
        self._base_names: dict[int, str] = {}
        self._asked: set[int] = set()
        self._open: _Transaction | None = None

    def decode(self, batch: MessageBatch) -> DecodedBatch:
        """One batch. Raises `NeedsTextMode` for binary values of other types, ProblemError for what is not pgoutput.

        After an exception the decoder must not be used any more.
        """
        kinds = batch.kinds
        if not KNOWN[kinds].all():
            found = chr(int(kinds[np.argmin(KNOWN[kinds])]))
            raise ProblemError("LW304", f"the stream holds a message of kind {found!r}, which protocol 1 does not have")
        definitions = self._learn(batch, kinds)
        places = self._places(batch, kinds)
        changes = [*self._row_changes(batch, kinds, places, definitions)]
        changes += self._truncates(batch, kinds, places, definitions)
        changes.sort(key=lambda found: found[0])
        fresh = (
            sorted(
                (at, relation)
                for known in definitions.values()
                for at, relation in zip(known.at, known.after, strict=True)
            )
            if definitions
            else []
        )
        end, newest = self._last_commit(batch, kinds)
        return DecodedBatch(
            tuple(change for _, change in changes),
            tuple(relation for _, relation in fresh),
            end,
            self._open is not None,
            newest,
        )

    def _learn(self, batch: MessageBatch, kinds: Bytes) -> dict[int, _Definitions]:
        """Takes in Type and Relation messages; a definition that only repeats the known one changes nothing."""
        found: dict[int, _Definitions] = {}
        for index in np.flatnonzero((kinds == RELATION) | (kinds == TYPE)).tolist():
            message = batch.message(index)
            if message[0] == TYPE:
                if (domain := parse_type(message)) is not None:
                    self._base_names[domain[0]] = domain[1]
                continue
            relation = self._relation(message)
            known = self._relations.get(relation.oid)
            if relation != known:
                definitions = found.setdefault(relation.oid, _Definitions(known))
                definitions.at.append(index)
                definitions.after.append(relation)
                self._relations[relation.oid] = relation
        return found

    def _relation(self, message: bytes) -> Relation:
        relation = parse_relation(message, self._user_types, self._base_names, self._primary_key)
        oids = {column.declared_oid for column in relation.columns if column.declared_oid >= FIRST_OF_INITDB}
        unknown = {oid for oid in oids if not self._user_types.knows(oid)} - self._asked
        if not unknown:
            return relation
        self._user_types = self._read_user_types()
        self._asked |= unknown
        return parse_relation(message, self._user_types, self._base_names, self._primary_key)

    def _places(self, batch: MessageBatch, kinds: Bytes) -> Place:
        """Every message's transaction and its number in it; moves the open transaction on to the batch's end."""
        begins = np.flatnonzero(kinds == BEGIN)
        counts = np.cumsum(CHANGES[kinds].astype(np.int64))
        before, changes = self._open, int(counts[-1]) if len(counts) else 0
        outside = begins[0] if len(begins) else len(kinds)
        if before is None and CHANGES[kinds[:outside]].any():
            raise ProblemError("LW304", "the stream holds a change outside any transaction")
        first = before or _Transaction(0, 0, 0)
        starts = batch.starts[begins]
        lsn = np.concatenate([[first.lsn], batch.buffer.i64(starts + 1)])
        commit_ts = np.concatenate([[first.commit_ts], batch.buffer.i64(starts + 9) + EPOCH])
        base = np.concatenate([[-first.changes], counts[begins]])
        commits = np.flatnonzero(kinds == COMMIT)
        if len(begins) and (len(commits) == 0 or commits[-1] < begins[-1]):
            self._open = _Transaction(int(lsn[-1]), int(commit_ts[-1]), changes - int(base[-1]))
        elif len(commits):
            self._open = None
        elif before is not None:
            self._open = _Transaction(before.lsn, before.commit_ts, before.changes + changes)
        return Place(np.cumsum((kinds == BEGIN).astype(np.int64)), counts, lsn, commit_ts, base)

    def _row_changes(
        self, batch: MessageBatch, kinds: Bytes, places: Place, definitions: dict[int, _Definitions]
    ) -> Iterator[tuple[int, Changes]]:
        messages = np.flatnonzero(CHANGES[kinds] & (kinds != TRUNCATE))
        oids = batch.buffer.u32(batch.starts[messages] + 1)
        for oid in np.unique(oids).tolist():
            mine = messages[oids == oid]
            known = definitions.get(oid) or _Definitions(self._relations.get(oid))
            for relation, some in known.split(mine):
                if len(some):
                    rows = changed_rows(_defined(relation, oid), batch, kinds[some], some, places)
                    yield int(some[0]), Changes(_defined(relation, oid), rows)

    def _truncates(
        self, batch: MessageBatch, kinds: Bytes, places: Place, definitions: dict[int, _Definitions]
    ) -> Iterator[tuple[int, Changes]]:
        """A truncate message names several tables; each gets a row of its own."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for index in np.flatnonzero(kinds == TRUNCATE).tolist():
            message = batch.message(index)
            for at in range(6, 6 + 4 * int.from_bytes(message[1:5]), 4):
                found[int.from_bytes(message[at : at + 4])].append(index)
        for oid, messages in found.items():
            known = definitions.get(oid) or _Definitions(self._relations.get(oid))
            for relation, some in known.split(np.array(messages, dtype=np.int64)):
                if len(some):
                    rows = truncated_rows(_defined(relation, oid), some, places)
                    yield int(some[0]), Changes(_defined(relation, oid), rows)

    def _last_commit(self, batch: MessageBatch, kinds: Bytes) -> tuple[int | None, datetime | None]:
        """(position after the last commit or non-transactional message, time of the last commit)."""
        commits = batch.starts[kinds == COMMIT]
        if len(commits) == 0:
            return self._logical_end(batch, kinds, -1), None
        last = batch.message(int(np.flatnonzero(kinds == COMMIT)[-1]))
        end, moment = int.from_bytes(last[10:18]), int.from_bytes(last[18:26], signed=True) + EPOCH
        later = self._logical_end(batch, kinds, int(np.flatnonzero(kinds == COMMIT)[-1]))
        newest = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
        return max(end, later or 0), newest

    def _logical_end(self, batch: MessageBatch, kinds: Bytes, after: int) -> int | None:
        """The newest non-transactional logical message behind message `after`: all commits before it have come."""
        positions: list[int] = []
        for index in np.flatnonzero(kinds == LOGICAL).tolist():
            message = batch.message(index)
            if index > after and not message[1] & 1:
                positions.append(int.from_bytes(message[2:10]))
        return max(positions, default=None)


def _defined(relation: Relation | None, oid: int) -> Relation:
    if relation is None:
        raise ProblemError("LW304", f"the stream changes table {oid} before it describes it")
    return relation
