"""The full load: table by table, each in a snapshot of its own, as DMS reads them.

Changes made while a table is read may be in its full load and come as changes again: DMS does not tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import psycopg

from lakewright.errors import LakewrightError
from lakewright.ingest.dms.rows import Written, loaded
from lakewright.ingest.dms.settings import S3Settings, TaskSettings
from lakewright.ingest.dms.source import Member, Source
from lakewright.ingest.dms.statistics import COMPLETED, FULL_LOAD, Progress
from lakewright.ingest.dms.writer import LoadFiles, Now
from lakewright.ingest.sources.postgres.chunks import Chunk
from lakewright.ingest.sources.postgres.slot import unreachable
from lakewright.ingest.sources.postgres.snapshot import TableRead, reading
from lakewright.storage import Storage

MOST_READERS = 4
NEVER = datetime.min


class TruncatedLob(Exception):  # noqa: N818 - the task is told to fail then
    """A large value was cut and the endpoint says FailTasksOnLobTruncation."""


@dataclass(frozen=True)
class Loader:
    """Loads tables. Runs in the caller's thread and some of its own; `stop` ends it between batches."""

    source: Source
    storage: Storage
    target: S3Settings
    task: TaskSettings
    progress: Progress
    now: Now
    stop: Callable[[], bool]
    started: datetime

    def load(self, members: Sequence[Member]) -> list[Member]:
        """Loads all of them, in this order, several at a time; gives those that were finished."""
        with ThreadPoolExecutor(min(self.task.sub_tasks, MOST_READERS), "dms-load") as pool:
            return [member for member in pool.map(self._try, members) if member is not None]

    def _try(self, member: Member) -> Member | None:
        if self.stop():
            return None
        place = member.place
        self.progress.note(place, state=FULL_LOAD, load_start=self.now(), load_end=None, full_load_rows=0)
        try:
            done = self._load(member)
        except psycopg.Error as error:
            raise unreachable(error) from error
        except LakewrightError as error:
            if error.code == "LW351":
                raise
            self.progress.count(place, full_load_errors=1)
            self.progress.fail(place, "FULL LOAD", error.fact)
            return None
        if not done:
            return None
        self.progress.note(place, state=COMPLETED, load_end=self.now())
        return member

    def _load(self, member: Member) -> bool:
        self.prepare(member)
        transform, table = member.shape.transform, member.table
        select = transform.snapshot_select()
        columns = tuple(table.column(name) for name in select.columns)
        change = None if transform.changes_nothing else transform.apply
        files = LoadFiles(self.storage, self.target, member.shape.place)
        try:
            with reading(self.source.conninfo(), None, None) as reader:
                read = TableRead(table, columns, 0, self.now(), 1, None, select.where, change)
                for rows in reader.rows(read, Chunk()):
                    if self.stop():
                        return False
                    at = self.started if self.target.task_start_as_load_time else self.now()
                    written = loaded(rows, member.shape, self.target, self.task.lob_bytes, at)
                    note_losses(self.progress, self.source, member.place, written)
                    files.write(written.rows)
                    self.progress.count(member.place, full_load_rows=written.rows.num_rows)
            files.finish()
        finally:
            files.discard()
        return True

    def prepare(self, member: Member) -> None:
        """DROP_AND_CREATE and TRUNCATE_BEFORE_LOAD remove the table's files."""
        if self.task.prepare == "DO_NOTHING":
            return
        for entry in self.storage.list(self.target.table_folder(*member.shape.place)):
            self.storage.delete(entry.path)


def note_losses(progress: Progress, source: Source, place: tuple[str, str], written: Written) -> None:
    """Cut and lost values become exceptions. Raises TruncatedLob when the endpoint wants the task to fail."""
    for column, count in written.cut.items():
        progress.warn(place, "LOB", f"{count} values of {column} were truncated")
    for column, count in written.lost.items():
        progress.warn(place, "DATA", f"{count} values of {column} cannot be held and are NULL")
    if written.cut and source.settings.fail_on_truncation:
        raise TruncatedLob(f"{'.'.join(place)}: {', '.join(written.cut)}")
