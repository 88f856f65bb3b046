"""The ingester as a container's process: settings from a file in S3, the login from a secret, JSON lines out.

`python -m lakewright.ingest.task --settings s3://bucket/key`. The login is the environment variable SOURCE_SECRET: the
secret's JSON with host, port, username, password and, if the settings name none, dbname. The checkpoint is Bronze's own
manifest in S3, so a task that is replaced goes on where the last one stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

from psycopg.conninfo import make_conninfo

from lakewright.errors import LakewrightError, MissingError, SpecError
from lakewright.ingest.ingester import Ingester
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.settings import IngestSettings, OnChange
from lakewright.ingest.status import read_status
from lakewright.observe import Event, Observer
from lakewright.storage import Storage, open_storage
from lakewright.storage.layered import local_uri, open_layers

SECRET = "SOURCE_SECRET"  # noqa: S105 - the variable's name
STANDINS = "LAKEWRIGHT_STANDINS"
"""Environment variable: JSON, host → URL of a database of this machine. Only a local AWS sets it."""
TUNING = ("flush_seconds", "roll_seconds", "chunk_rows", "readers", "retained_wal_limit")
TOLD_EVERY = 60.0


@dataclass(frozen=True)
class Login:
    """How to reach the source. `tls` is libpq's sslmode; the password is shown nowhere."""

    secret: str
    database: str
    tls: str
    standins: Mapping[str, str]

    def conninfo(self) -> str:
        """Raises SpecError LW380 for a secret that lacks a part."""
        try:
            said: Mapping[str, Any] = json.loads(self.secret)
            host, user, password = str(said["host"]), str(said["username"]), str(said["password"])
        except (ValueError, KeyError, TypeError) as error:
            lacks = f"has no {error}" if isinstance(error, KeyError) else "is no JSON object"
            hint = "host, port, username, password"
            raise SpecError("LW380", f"the source's secret {lacks}", hint=hint) from None
        if host in self.standins:
            return self.standins[host]
        database = self.database or str(said.get("dbname", "postgres"))
        port = str(said.get("port", 5432))
        return make_conninfo("", host=host, port=port, user=user, password=password, dbname=database, sslmode=self.tls)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SpecError("LW381", f"the task's arguments: {message}", hint="--settings s3://bucket/key")


def open_task(argv: Sequence[str], environ: Mapping[str, str], work: Path) -> tuple[IngestSettings, Storage]:
    """What the task replicates and where to. Raises LakewrightError."""
    parser = _Parser(prog="lakewright.ingest.task", add_help=False, allow_abbrev=False)
    parser.add_argument("--settings", required=True)
    where = str(parser.parse_args(list(argv)).settings)
    folder, _, name = where.rpartition("/")
    try:
        said: Mapping[str, Any] = json.loads(open_storage(local_uri(folder, environ)).read(name))
    except FileNotFoundError:
        raise MissingError("LW382", f"there are no settings at {where}", hint="apply the stack again") from None
    if not environ.get(SECRET):
        raise MissingError("LW383", f"{SECRET} is not set", hint="the task definition's secrets name it")
    login = Login(environ[SECRET], said["database"], said["tls"], json.loads(environ.get(STANDINS, "{}")))
    settings = IngestSettings(
        source=said["source"],
        conninfo=login.conninfo,
        mapping=TableMapping.parse(json.dumps(said["mapping"])),
        state_dir=work / "state",
        tenant=said["tenant"],
        on_change=OnChange(**said["on_change"]),
    )
    tuned = replace(settings, **{name: said["tuning"][name] for name in TUNING if name in said["tuning"]})
    return tuned, open_layers(said["roots"], work / "staging", environ)


def main(argv: Sequence[str], environ: Mapping[str, str], stop: threading.Event, out: TextIO = sys.stdout) -> int:
    """Replicates until `stop`; JSON lines on `out`. 0 after a clean end, else the error's exit code."""
    lock = threading.Lock()

    def tell(event: Event) -> None:
        line = {"at": event.at.isoformat(timespec="milliseconds"), "level": event.level, "event": event.name}
        with lock:
            print(json.dumps(line | event.fields, default=str, ensure_ascii=False), file=out, flush=True)

    with tempfile.TemporaryDirectory(prefix="lakewright-ingest-") as scratch:
        try:
            settings, storage = open_task(argv, environ, Path(scratch))
            tell(Event("ingest.start", {"source": settings.source}))
            teller = threading.Thread(target=_tell_status, args=(settings, storage, stop, tell), daemon=True)
            teller.start()
            state = Ingester(settings, storage, tell).follow(stop)
        except LakewrightError as error:
            tell(Event("ingest.end", {"ok": False, "error": str(error)}, "error"))
            return error.exit_code
        tell(Event("ingest.end", {"ok": True, "source": settings.source, "position": state.position}))
        return 0


def _tell_status(settings: IngestSettings, storage: Storage, stop: threading.Event, tell: Observer) -> None:
    """Once a minute: how far Bronze is behind the source, and the WAL that the slot holds back."""
    while not stop.wait(TOLD_EVERY):
        status = read_status(settings, storage)
        fields = {
            "source": status.source,
            "lag_bytes": status.lag_bytes,
            "lag_seconds": status.lag_seconds,
            "tables": len(status.tables),
            "stopped": sorted(table.name for table in status.tables if table.status == "stopped"),
            "problem": status.problem,
        }
        tell(Event("ingest.status", fields, "warning" if status.problem else "info"))


if __name__ == "__main__":
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    sys.exit(main(sys.argv[1:], os.environ, ending))
