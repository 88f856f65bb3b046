"""Changes: the stream's rows wait by table until DMS's intervals or sizes are reached, then become files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakewright.errors import LakewrightError
from lakewright.ingest.dms.checkpoint import Checkpoint, Mark
from lakewright.ingest.dms.load import note_losses
from lakewright.ingest.dms.rows import Shape, Written, changed, told
from lakewright.ingest.dms.settings import S3Settings, TaskSettings
from lakewright.ingest.dms.source import Source
from lakewright.ingest.dms.statistics import FAILED, Latency, Progress
from lakewright.ingest.dms.writer import ChangeFiles
from lakewright.ingest.mappings.arrow import pc
from lakewright.ingest.sources.postgres.relation import Relation

if TYPE_CHECKING:
    from lakewright.ingest.sources.postgres.decode import Changes

Place = tuple[str, str]
KINDS = {"I": "inserts", "U": "updates", "D": "deletes"}


@dataclass
class Waiting:
    """One table's changes that no file has yet. `first` is the commit LSN of the oldest, `last` marks the newest."""

    since: datetime
    target: Place
    first: int
    oldest: datetime
    written: list[Written] = field(default_factory=list)
    bytes: int = 0
    last: Mark = (0, 0)


class Changing:
    """Takes decoded changes in, writes files, and knows from where the stream would have to begin again."""

    def __init__(
        self,
        source: Source,
        target: S3Settings,
        task: TaskSettings,
        files: ChangeFiles,
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> None:
        self._source, self._target, self._task = source, target, task
        self._files, self._progress = files, progress
        self._checkpoint = checkpoint
        self._waiting: dict[Place, Waiting] = {}
        self._marks: dict[str, Mark] = dict(checkpoint.marks)
        self._seen: dict[str, Mark] = dict(checkpoint.marks)
        self._shapes: dict[Relation, Shape | None] = {}
        self._known: dict[int, Relation] = {}

    @property
    def pending(self) -> int:
        return sum(part.rows.num_rows for waiting in self._waiting.values() for part in waiting.written)

    def take(self, changes: Changes) -> None:
        """Rows of one table. A table whose rows cannot be written is suspended, as DMS does it."""
        relation = changes.relation
        place = relation.schema, relation.name
        counts = self._progress.tables.get(place)
        if counts is None or counts.state == FAILED:
            return
        try:
            shape = self._shape(relation)
            rows = None if shape is None else told(self._new(relation.label, changes.rows), shape)
            if shape is None or rows is None or not rows.num_rows:
                return
            written = changed(rows, shape, self._target, self._task.lob_bytes)
        except LakewrightError as error:
            self._progress.fail(place, "CHANGE", error.fact)
            return
        note_losses(self._progress, self._source, place, written)
        self._count(place, rows)
        self._add(place, shape.place, rows, written)

    def _shape(self, relation: Relation) -> Shape | None:
        if relation not in self._shapes:
            self._shapes[relation] = self._source.shape(relation)
            if relation.oid in self._known:
                self._progress.count((relation.schema, relation.name), ddls=1)
            self._known[relation.oid] = relation
        return self._shapes[relation]

    def _new(self, label: str, rows: pa.Table) -> pa.Table:
        """Without what came before: a new connection begins earlier than the old one ended."""
        mark = self._seen.get(label)
        if mark is None:
            return rows
        lsn, seq = rows.column("_lsn"), rows.column("_seq")
        later: Any = pc.or_(pc.greater(lsn, mark[0]), pc.and_(pc.equal(lsn, mark[0]), pc.greater(seq, mark[1])))
        return rows.filter(later)

    def _count(self, place: Place, rows: pa.Table) -> None:
        found = Counter(rows.column("Op").to_pylist())
        self._progress.count(place, **{KINDS[str(kind)]: number for kind, number in found.items()})

    def _add(self, place: Place, target: Place, rows: pa.Table, written: Written) -> None:
        lsn, seq = rows.column("_lsn"), rows.column("_seq")
        waiting = self._waiting.get(place)
        if waiting is None:
            oldest = rows.column("_commit_ts")[0].as_py()
            waiting = Waiting(self._files.now(), target, int(lsn[0].as_py()), oldest)
            self._waiting[place] = waiting
        waiting.last = self._seen[".".join(place)] = int(lsn[-1].as_py()), int(seq[-1].as_py())
        waiting.written.append(written)
        waiting.bytes += written.rows.nbytes

    def flush(self, *, everything: bool = False) -> None:
        """Writes the tables whose time or size has come."""
        now = self._files.now()
        for place, waiting in list(self._waiting.items()):
            age = (now - waiting.since).total_seconds()
            due = age >= self._target.max_batch_seconds or waiting.bytes >= self._target.min_file_bytes
            if everything or due:
                self._progress.flushes += self._files.write(waiting.target, waiting.written)
                self._marks[".".join(place)] = waiting.last
                del self._waiting[place]

    def drop(self, place: Place) -> None:
        """Forgets a table's waiting changes: it is loaded again."""
        self._waiting.pop(place, None)

    def checkpoint(self, reached: int, loaded: frozenset[str]) -> Checkpoint:
        """From where the stream would go on now: before the oldest change that waits. `reached`: all before it came."""
        position = min([waiting.first for waiting in self._waiting.values()] + [reached])
        position = max(position, self._checkpoint.position)
        marks = {label: mark for label, mark in self._marks.items() if mark[0] >= position}
        self._checkpoint = Checkpoint(position, loaded, marks, self._files.names.last)
        return self._checkpoint

    def tell(self, newest: datetime | None, behind: bool, position: int) -> None:
        """Latencies for everybody who looks."""
        now = datetime.now(UTC)
        source = (now - newest).total_seconds() if newest is not None and behind else 0.0
        oldest = min((waiting.oldest for waiting in self._waiting.values()), default=None)
        target = (now - oldest).total_seconds() if oldest is not None else source
        self._progress.latency = Latency(max(source, 0.0), max(target, source, 0.0), self.pending)
        self._progress.position = position
