"""Entries of a Delta log that exchange files: written by us, since delta-rs replays the log for each commit.

Only what protocol version 2 asks of a writer is done here, so tables that ask for more are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zlib import crc32

from deltalake.table import ProtocolVersions

from lakewright.errors import ProblemError
from lakewright.storage import Storage
from lakewright.tables import Change, DataFile
from lakewright.tables.parquet import stats_of

CHECKPOINT_EVERY = 100
_PLAIN_WRITER = 2
_HARMLESS = frozenset({"appendOnly", "invariants", "timestampNtz"})  # ask nothing of commits like ours


def entry_path(table: str, version: int) -> str:
    """Where the entry of a version lies; `table` is the table's folder."""
    return f"{table}/_delta_log/{version:020d}.json"


def put_entry(
    storage: Storage, table: str, version: int, change: Change, partition_by: Sequence[str], now: int
) -> None:
    """Makes `change` the table's `version`, all or nothing; `now` in milliseconds. Raises `Exists` when somebody else
    was faster."""
    lines = (json.dumps(action, separators=(",", ":")) for action in _actions(change, partition_by, now))
    storage.put(entry_path(table, version), "\n".join(lines).encode(), if_absent=True)


def wants_checkpoint(table: str, version: int) -> bool:
    """Every hundredth version, but not of all tables at once: they are mostly committed to in turns."""
    return (version + crc32(table.encode())) % CHECKPOINT_EVERY == 0


def check_protocol(name: str, protocol: ProtocolVersions) -> None:
    """Raises LW605 for a table whose writers must do more than we do."""
    features = set(protocol.writer_features or ())
    if protocol.min_writer_version > _PLAIN_WRITER and not (features and features <= _HARMLESS):
        what = ", ".join(sorted(features - _HARMLESS)) or f"writer version {protocol.min_writer_version}"
        raise ProblemError(
            "LW605",
            f"{name} was given features of Delta that lakewright does not write: {what}",
            place=name,
            hint="remove the table's folder and run the model again, or drop the feature",
        )


def _actions(change: Change, partition_by: Sequence[str], now: int) -> Iterator[Mapping[str, Any]]:
    parameters = {"mode": "Append", "partitionBy": json.dumps(list(partition_by))}
    info = {"timestamp": now, "operation": "WRITE", "operationParameters": parameters, "engineInfo": "lakewright"}
    yield {"commitInfo": info | dict(change.metadata)}
    for application, number in change.transactions.items():
        yield {"txn": {"appId": application, "version": number, "lastUpdated": now}}
    for file in change.remove:
        shared = _file(file)
        yield {"remove": shared | {"deletionTimestamp": now, "extendedFileMetadata": True}}
    for file in change.add:
        yield {"add": _file(file) | {"modificationTime": now, "stats": json.dumps(stats_of(file))}}


def _file(file: DataFile) -> dict[str, Any]:
    return {
        "path": quote(file.path, safe="/=~"),
        "partitionValues": dict(file.partition),
        "size": file.size,
        "dataChange": True,
    }
