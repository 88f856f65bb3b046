from __future__ import annotations

import time

import psycopg

from lakewright.rehearse.freshness import Delays, Timeline, WalProbe, delays


def test_delay_is_the_time_until_the_layer_reached_the_position() -> None:
    timeline = Timeline()
    for at, position in ((1.0, 100), (2.0, 200), (4.0, 300)):
        timeline.note(position, at)
    probes = [(0.5, 100), (0.5, 101), (2.5, 300), (3.0, 50), (5.0, 301)]
    assert delays(probes, timeline) == Delays(probes=4, unseen=1, p50=1.5, p99=1.5, worst=1.5)


def test_positions_that_do_not_grow_change_nothing() -> None:
    timeline = Timeline()
    for at, position in ((1.0, 100), (2.0, 100), (3.0, 90)):
        timeline.note(position, at)
    assert timeline.visible_at(100) == 1.0
    assert timeline.visible_at(101) is None


def test_probe_positions_cover_what_was_committed_before(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table t (n int)")
        probe = WalProbe(database)
        probe.start()
        connection.execute("insert into t values (1)")
        (committed,) = connection.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone() or (0,)
        after = time.time()
        time.sleep(0.3)
        probes = probe.stop()
    assert all(position >= committed for at, position in probes if at > after)
    assert any(at > after for at, _ in probes)
