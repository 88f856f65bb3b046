"""Work on Bronze files beside the stream, in one thread: roll, merge, delete what is no longer needed."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from lakewright.bronze.layout import CHANGE_NAME, LOAD_NAME, table_folder, tail_folder
from lakewright.bronze.state import BronzeFile, BronzeState, BronzeTable
from lakewright.bronze.writer import BronzeWriter
from lakewright.errors import LakewrightError
from lakewright.ingest.roll import FANOUT, Swap, long_tails, merge, roll, small_groups, tail_groups
from lakewright.storage import Entry, Storage

Task = Callable[[], Swap]


def rolling(writer: BronzeWriter, state: BronzeState) -> list[Task]:
    """One task for each group of tail files."""
    return [
        lambda table=table, group=group: roll(writer, table, group)  # type: ignore[misc]
        for table in state.tables.values()
        for group in tail_groups(table)
    ]


def merging_tails(writer: BronzeWriter, state: BronzeState) -> list[Task]:
    """One task for each group of small files in the tail."""
    return _merges(writer, state, long_tails)


def merging(writer: BronzeWriter, state: BronzeState, fanout: int = FANOUT) -> list[Task]:
    """One task for each group of at least `fanout` small files in the visible tree."""
    return _merges(writer, state, lambda table: small_groups(table, fanout))


def _merges(
    writer: BronzeWriter, state: BronzeState, groups: Callable[[BronzeTable], list[tuple[BronzeFile, ...]]]
) -> list[Task]:
    return [
        lambda table=table, group=group: merge(writer, table, group)  # type: ignore[misc]
        for table in state.tables.values()
        for group in groups(table)
    ]


class Housekeeper:
    """Does tasks one after the other; finished swaps wait in `swaps` for the ingester to commit them."""

    def __init__(self) -> None:
        self.swaps: queue.SimpleQueue[Swap] = queue.SimpleQueue()
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._open = 0
        self._error: LakewrightError | OSError | None = None
        self._thread = threading.Thread(target=self._run, name="lakewright-roll", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether some task is not finished or its swap not taken."""
        return self._open > 0

    def do(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            self._open += 1
            self._tasks.put(task)

    def finished(self) -> list[Swap]:
        """Swaps that are ready now. Raises what a task raised."""
        if self._error is not None:
            raise self._error
        found: list[Swap] = []
        while not self.swaps.empty():
            found.append(self.swaps.get())
            self._open -= 1
        return found

    def stop(self) -> None:
        self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self.swaps.put(task())
            except (LakewrightError, OSError) as error:
                self._error = error
                return


class Doomed:
    """Files that nobody may need any more, once a grace period is over: readers hold states for a while."""

    def __init__(self, storage: Storage, grace: float) -> None:
        self._storage = storage
        self._grace = grace
        self._waiting: deque[tuple[float, str]] = deque()

    def add(self, paths: Iterable[str]) -> None:
        due = time.monotonic() + self._grace
        self._waiting.extend((due, path) for path in paths)

    def remove(self, *, all_of_them: bool = False) -> int:
        """Deletes what is due; gives how many."""
        count = 0
        while self._waiting and (all_of_them or self._waiting[0][0] <= time.monotonic()):
            self._storage.delete(self._waiting.popleft()[1])
            count += 1
        return count


def orphans(storage: Storage, state: BronzeState) -> list[Entry]:
    """Files with our names in this source's folders that the manifest does not hold."""
    held = state.holds()
    found = [entry for entry in storage.list(tail_folder(state.source)) if entry.path not in held]
    for table in state.tables:
        for entry in storage.list(table_folder(table)):
            name = entry.path.rsplit("/", 1)[-1]
            if entry.path not in held and (LOAD_NAME.fullmatch(name) or CHANGE_NAME.fullmatch(name)):
                found.append(entry)
    return found


def age(entry: Entry) -> float:
    return (datetime.now(UTC) - entry.modified).total_seconds()
