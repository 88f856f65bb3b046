"""What a source, a disk or a network may do to an ingester: clear errors or correct work, and nothing lost."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.sources.postgres import backlog
from lakewright.ingest.sources.postgres.chunks import Chunk
from lakewright.ingest.sources.postgres.snapshot import SnapshotReader, TableRead
from lakewright.ingest.sources.postgres.staging import StagedFile
from lakewright.ingest.status import read_status
from lakewright.rehearse import postgres as embedded
from lakewright.storage import open_storage
from tests.ingest.support import Lake

TABLE = "create table t (id bigint primary key, tenant_id int, v text)"
ROWS = "insert into t select i, i % 3, 'v' || i from generate_series(1, 500) i"


def test_the_source_crashes_and_comes_back(tmp_path: Path) -> None:
    with embedded.running() as server:
        lake = Lake(server.dsn(), tmp_path, source="crash")
        lake.run(TABLE, ROWS)
        with lake.following():
            lake.caught_up()
            server.crash()
            server.restart()
            lake.run("update t set v = 'after' where id < 10")
            lake.caught_up()
            lake.assert_equal()


def test_the_connection_is_cut(lake: Lake) -> None:
    lake.run(TABLE, ROWS)
    with lake.following():
        lake.caught_up()
        for number in range(3):
            lake.run(
                f"update t set v = 'round {number}' where id % 3 = {number}",
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()",
            )
            lake.caught_up()
        lake.assert_equal()
    assert any(event.name == "ingest.reconnect" for event in lake.events)


def test_a_full_disk_loses_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.run(TABLE, ROWS)
    lake.once()
    lake.run("update t set v = 'x'", "delete from t where id = 3")
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProblemError, match="LW402"):
        lake.once()
    monkeypatch.setattr(os, "fsync", real)
    lake.once()
    lake.assert_equal()


def test_a_source_without_room_for_a_chunk(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 1)
    lake.run(TABLE, ROWS)
    lake.once()
    with lake.sql() as connection:
        connection.execute(f'alter database "{connection.info.dbname}" set temp_file_limit = 64')
    lake.run("insert into t select i, 1, repeat('v', 1000) from generate_series(501, 9000) i")
    lake.once()
    lake.assert_equal()
    (event,) = [event for event in lake.events if event.name == "ingest.no_chunks"]
    assert "temp_file_limit" in event.fields["reason"]


def test_chunks_that_hold_nothing_of_ours_follow_each_other_at_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one waits for the position, which an idle ingester commits only from time to time."""
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 1)
    monkeypatch.setattr(backlog, "CHUNK_BYTES", 100_000)
    lake.having(idle_seconds=1000.0).run(TABLE, ROWS, "create schema other", "create table other.big (v text)")
    lake.once()
    lake.run("insert into other.big select repeat('x', 1000) from generate_series(1, 1000)")
    with lake.sql() as connection:
        [(before,)] = connection.execute("select pg_current_wal_lsn() - '0/0'").fetchall()
    lake.run("update t set v = 'ours' where id = 7")
    with lake.following():
        lake.wait(lambda state: state.position > int(before))
    lake.assert_equal()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_reader_that_breaks_off_is_no_end_of_a_load(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw ends one reader's thread: what it should have read is still missing."""
    lake.run(TABLE, ROWS)
    real = SnapshotReader.read_chunk
    broken: list[str] = []

    def read_chunk(reader: SnapshotReader, read: TableRead, chunk: Chunk, folder: Path) -> tuple[StagedFile, ...]:
        if not broken:
            broken.append(chunk.where)
            raise ZeroDivisionError
        return real(reader, read, chunk, folder)

    monkeypatch.setattr(SnapshotReader, "read_chunk", read_chunk)
    lake.once()
    assert [event.fields["code"] for event in lake.events if event.name == "ingest.load_failed"] == ["LW360"]
    lake.assert_equal()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    lake = Lake("host=/nonexistent port=1 user=u password=sesame dbname=d", tmp_path, source="none")
    status = read_status(lake.settings, lake.storage)
    assert "did not answer" in status.problem
    assert "sesame" not in repr(status)


def test_a_role_without_rights(lake: Lake) -> None:
    lake.run(TABLE, ROWS)
    with lake.sql() as connection:
        connection.execute("drop role if exists lw_plain")
        connection.execute("create role lw_plain login")
    poor = Lake(lake.dsn.replace("user=lakewright", "user=lw_plain"), Path(lake.settings.state_dir.parent))
    with pytest.raises(LakewrightError) as caught:
        poor.once()
    assert caught.value.code in ("LW352", "LW358")
    assert caught.value.hint


def test_ten_megabyte_values_and_many_columns(lake: Lake) -> None:
    columns = ", ".join(f"c{number} int" for number in range(1590))
    lake.run(
        f"create table wide (id int primary key, {columns})",
        "insert into wide (id, c0, c1589) values (1, 5, 6)",
        "create table big (id int primary key, tenant_id int, v text)",
        "insert into big select i, 1, repeat(chr(64 + i), 10000000) from generate_series(1, 3) i",
    )
    lake.once()
    lake.run(
        "update wide set c7 = 8",
        "insert into big values (9, 2, repeat('x', 10000000))",
        "update big set tenant_id = 5 where id = 1",
    )
    lake.once()
    assert [len(row[2]) for row in lake.rows("big")] == [10_000_000] * 4
    lake.assert_equal()


def test_retained_wal_beyond_the_limit_stops_with_a_message(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakewright.ingest.attachment.STUCK_CHECKS", 3)
    lake.run(TABLE, ROWS)
    lake.having(retained_wal_limit=1)
    with psycopg.connect(lake.dsn) as blocking:
        lake.once()
        blocking.execute("insert into t values (-1)")
        with pytest.raises(ProblemError, match=r"LW356.*dropped"):
            write_until_it_ends(lake)


def write_until_it_ends(lake: Lake) -> None:
    with lake.following() as following, lake.sql() as connection:
        for number in range(1, 400):
            connection.execute(f"insert into t select i, 1, 'w' from generate_series({number}000, {number}099) i")
            if not following.running():
                return
            time.sleep(0.02)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_into_s3(lake: Lake, tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    boto3.client("s3").create_bucket(Bucket="lake")
    remote = open_storage("s3://lake/here", tmp_path / "staging")
    lake.storage = remote
    lake.run(TABLE, ROWS)
    lake.once()
    lake.run("update t set v = 'x' where id < 5", "delete from t where id = 7")
    lake.once()
    copy = Lake(lake.dsn, tmp_path / "copy", source=lake.settings.source)
    for entry in remote.list(""):
        copy.storage.put(entry.path, remote.read(entry.path))
    copy.assert_equal()
