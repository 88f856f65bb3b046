"""pgoutput as a real server sends it → rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.decode import Changes, StreamDecoder
from lakewright.ingest.sources.postgres.messages import MessageBatch
from lakewright.ingest.sources.postgres.types import UserTypes
from tests.support import pg_streams as streams

LONG = "x" * 20_000


def brief(changes: list[Changes], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in ("Op", *names)) for row in streams.rows(changes)]


def test_order_and_position(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table a (id int primary key); create table b (id int primary key)")
        connection.execute("insert into a values (1), (2); insert into b values (1); insert into a values (3)")
        connection.execute("insert into b values (2)")
        batch = MessageBatch.of_payloads(streams.payloads(connection, True))
        decoded = streams.decoder(connection).decode(batch)
        assert [change.relation.label for change in decoded.changes] == ["public.a", "public.b"]
        assert [relation.label for relation in decoded.relations] == ["public.a", "public.b"]
        rows = streams.rows(list(decoded.changes))
        assert [row["id"] for row in rows] == [1, 2, 1, 3, 2]
        assert [row["_seq"] for row in rows] == [0, 2, 4, 6, 0]
        assert not decoded.rows_after_commit
        ends = connection.execute(
            "select lsn - '0/0' from pg_logical_slot_peek_binary_changes(%s, null, null, 'proto_version', '1',"
            " 'publication_names', 'everything') where get_byte(data, 0) = ascii('C')", [streams.SLOT]
        ).fetchall()  # fmt: skip
        assert decoded.commit_end is not None
        assert rows[0]["_lsn"] < ends[0][0] <= rows[-1]["_lsn"] < decoded.commit_end == ends[-1][0]
        now = connection.execute("select now()").fetchone()
        assert now is not None
        assert rows[-1]["_commit_ts"] == decoded.newest_commit_ts
        assert 0 <= (now[0] - rows[-1]["_commit_ts"]).total_seconds() < 60


@pytest.mark.parametrize("binary", [True, False])
def test_key_change(database: str, binary: bool) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (a text, b numeric(5,1), day date, big text, primary key (a, b, day))")
        connection.execute("alter table t alter big set storage external")
        connection.execute("insert into t values ('é\"', 1, '2024-01-01', %s), ('same', 2, 'infinity', 'y')", [LONG])
        connection.execute("update t set b = 3.5 where b = 1; update t set big = 'z' where b = 2")
        connection.execute("update t set a = 'other' where b = 2")
        changes = streams.streamed(connection, binary)
        found = streams.rows(changes)[2:]
        assert [(row["Op"], row["a"], str(row["b"]), row["big"], row["_unchanged"]) for row in found] == [
            ("D", 'é"', "1.0", None, None),
            ("U", 'é"', "3.5", None, ["big"]),
            ("U", "same", "2.0", "z", None),
            ("D", "same", "2.0", None, None),
            ("U", "other", "2.0", "z", None),
        ]
        assert [row["_old_key"] and json.loads(row["_old_key"]) for row in found] == [
            None,
            {"a": 'é"', "b": "1.0", "day": "2024-01-01"},
            None,
            None,
            {"a": "same", "b": "2.0", "day": "infinity"},
        ]
        assert [row["_seq"] for row in found] == [0, 1, 2, 0, 1]
        assert changes[0].relation.key == ("a", "b", "day")


def test_unchanged_toast_is_named(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, one text, v int, two text)")
        connection.execute("alter table t alter one set storage external, alter two set storage external")
        connection.execute("insert into t values (1, %s, 0, %s), (2, 'short', 0, %s)", [LONG, LONG, LONG])
        connection.execute("update t set v = 1; update t set two = 'new' where id = 1; delete from t where id = 1")
        assert brief(streams.streamed(connection), "id", "_unchanged", "two")[2:] == [
            ("U", 1, ["one", "two"], None),
            ("U", 2, ["two"], None),
            ("U", 1, ["one"], "new"),
            ("D", 1, None, None),
        ]


@pytest.mark.parametrize("binary", [True, False])
def test_replica_identity_full(database: str, binary: bool) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, v int, big text); alter table t replica identity full")
        connection.execute("create table n (v int, w int); alter table n replica identity full")
        connection.execute("alter table t alter big set storage external")
        connection.execute(
            f"insert into t values (1, 0, '{LONG}'), (2, 0, 'y'); insert into n values (1, 1), (null, 2)"
        )
        connection.execute("update t set v = 1; update t set id = 3 where id = 1; delete from t where id = 2")
        connection.execute("update n set w = 5 where v = 1; delete from n where v is null")
        changes = {change.relation.name: change for change in streams.streamed(connection, binary)}
        assert brief([changes["t"]], "id", "v", "big", "_unchanged", "_old_key")[2:] == [
            ("U", 1, 1, LONG, None, None),
            ("U", 2, 1, "y", None, None),
            ("D", 1, 1, LONG, None, None),
            ("U", 3, 1, LONG, None, '{"id": "1"}'),
            ("D", 2, 1, "y", None, None),
        ]
        assert changes["t"].relation.key == ("id",)
        assert brief([changes["n"]], "v", "w", "_old_key")[2:] == [
            ("D", 1, 1, None),
            ("U", 1, 5, '{"v": "1", "w": "1"}'),
            ("D", None, 2, None),
        ]
        assert changes["n"].relation.key == ("v", "w")


def test_replica_identity_index_and_long_keys(database: str) -> None:
    """A long key is sent with every update because it is stored out of line; that alone is no key change."""
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, k text not null unique, v int)")
        connection.execute(
            "alter table t replica identity using index t_k_key; alter table t alter k set storage external"
        )
        key, new = "k" * 2500, "k" * 2499 + "l"
        connection.execute(f"insert into t values (1, '{key}', 0)")
        connection.execute(f"update t set v = 1; update t set k = '{new}'; update t set id = 2")
        assert brief(streams.streamed(connection), "id", "k", "v", "_unchanged", "_old_key")[1:] == [
            ("U", 1, None, 1, ["k"], None),
            ("D", None, key, None, None, None),
            ("U", 1, new, 1, None, json.dumps({"k": key})),
            ("U", 2, None, 1, ["k"], None),
        ]


def test_truncate(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table a (id int primary key, v text); create table b (id int references a)")
        connection.execute("insert into a values (1, 'x'); truncate a cascade; insert into a values (2, 'y')")
        changes = streams.streamed(connection)
        assert [(c.relation.name, brief([c], "id", "v" if c.relation.name == "a" else "id")) for c in changes] == [
            ("a", [("I", 1, "x"), ("I", 2, "y")]),
            ("a", [("T", None, None)]),
            ("b", [("T", None, None)]),
        ]
        assert brief([c for c in changes if c.relation.name == "a"], "id") == [("I", 1), ("T", None), ("I", 2)]


def test_schema_changes_in_one_batch(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, a int); create table other (id int primary key)")
        connection.execute("insert into t values (1, 1); insert into other values (1)")
        connection.execute(
            "begin; insert into t values (2, 2); alter table t add b text default 'q'; insert into t values (3);"
            "alter table t rename a to c; update t set c = 5 where id = 1; alter table t drop c; commit"
        )
        connection.execute(
            "alter table t alter id type bigint; insert into t values (4, 'z'); insert into other values (2)"
        )
        decoded = streams.decoder(connection).decode(MessageBatch.of_payloads(streams.payloads(connection, True)))
        mine = [change for change in decoded.changes if change.relation.name == "t"]
        assert [
            (c.rows.column_names[7:], c.rows["id"].to_pylist(), str(c.rows.schema.field("id").type)) for c in mine
        ] == [
            (["id", "a"], [1, 2], "int32"),
            (["id", "a", "b"], [3], "int32"),
            (["id", "c", "b"], [1], "int32"),
            (["id", "b"], [4], "int64"),
        ]
        assert [c.relation for c in mine] == [r for r in decoded.relations if r.name == "t"]
        assert [c.rows["id"].to_pylist() for c in decoded.changes if c.relation.name == "other"] == [[1, 2]]


def test_partitions_arrive_under_their_root(database: str) -> None:
    with streams.slot(database, "for all tables with (publish_via_partition_root)") as connection:
        connection.execute("create table p (id int, at date, v text, primary key (id, at)) partition by range (at)")
        connection.execute("create table p1 partition of p for values from ('2024-01-01') to ('2024-02-01')")
        connection.execute("create table p2 (v text, at date not null, id int not null)")
        connection.execute("alter table p attach partition p2 for values from ('2024-02-01') to ('2024-03-01')")
        connection.execute("insert into p values (1, '2024-01-05', 'a'), (2, '2024-02-05', 'b'); update p set v = 'c'")
        connection.execute("update p set at = '2024-02-06' where id = 1")
        (changes,) = streams.streamed(connection)
        assert changes.relation.label == "public.p"
        assert [(row[0], row[1], str(row[2]), row[3]) for row in brief([changes], "id", "at", "v")] == [
            ("I", 1, "2024-01-05", "a"), ("I", 2, "2024-02-05", "b"), ("U", 1, "2024-01-05", "c"),
            ("U", 2, "2024-02-05", "c"), ("D", 1, "2024-01-05", None), ("I", 1, "2024-02-06", "c"),
        ]  # fmt: skip


def test_batches_may_be_cut_anywhere(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, v text); create table u (id int primary key)")
        connection.execute(
            "begin; insert into t select i, 'v' || i from generate_series(1, 5) i; update t set id = 9 where id = 1;"
            "insert into u values (1); truncate u; delete from t where id = 2; commit"
        )
        connection.execute(
            "begin; select pg_logical_emit_message(true, 'lakewright', 'beat'); insert into u values (7); commit"
        )
        connection.execute("alter table t add w int; insert into t values (20, 'x', 1)")
        messages = streams.payloads(connection, True)
        whole = streams.decoder(connection).decode(MessageBatch.of_payloads(messages))
        expected = streams.rows(list(whole.changes))
        commits = [index for index, message in enumerate(messages) if message[:1] == b"C"]
        for first in range(len(messages) + 1):
            for second in (first, min(first + 3, len(messages))):
                decoder = streams.decoder(connection)
                parts = [messages[:first], messages[first:second], messages[second:]]
                decoded = [decoder.decode(MessageBatch.of_payloads(part)) for part in parts]
                assert streams.rows([change for part in decoded for change in part.changes]) == expected
                ended = [index for index in commits if index < first]
                assert (decoded[0].commit_end is None) == (not ended)
                for part, end in zip(decoded, (first, second, len(messages)), strict=True):
                    kinds = [message[:1] for message in messages[:end]]
                    assert part.rows_after_commit == (kinds.count(b"B") > kinds.count(b"C"))
                assert max(part.commit_end or 0 for part in decoded) == whole.commit_end


def test_logical_messages_move_the_position(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key)")
        connection.execute("insert into t values (1)")
        before = streams.decoder(connection).decode(MessageBatch.of_payloads(streams.payloads(connection, True)))
        connection.execute("create table quiet (id int)")
        lsn = connection.execute("select pg_logical_emit_message(false, 'lakewright', '') - '0/0'").fetchone()
        assert lsn is not None
        connection.execute("create table flushed (id int)")
        decoder = streams.decoder(connection)
        decoded = decoder.decode(MessageBatch.of_payloads(streams.payloads(connection, True)))
        assert before.commit_end is not None
        assert decoded.commit_end is not None
        assert before.commit_end < decoded.commit_end <= lsn[0]
        assert brief(list(decoded.changes), "id") == [("I", 1)]
        connection.execute("select pg_logical_emit_message(true, 'lakewright', '')")
        again = decoder.decode(MessageBatch.of_payloads(streams.payloads(connection, True)[-3:]))
        assert (again.changes, again.rows_after_commit) == ((), False)
        assert again.commit_end is not None
        assert again.commit_end > lsn[0]


def test_types_made_while_streaming_and_types_gone(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table a (id int primary key)")
        connection.execute("insert into a values (1)")
        decoder = streams.decoder(connection)
        done = streams.payloads(connection, True)
        decoder.decode(MessageBatch.of_payloads(done))
        connection.execute(
            "create type mood as enum ('ok'); create domain price as numeric(6,2); create domain gone as int"
        )
        connection.execute("alter table a add m mood, add p price, add g gone; insert into a values (2, 'ok', 1.5, 7)")
        connection.execute("alter table a drop g; drop domain gone")
        (change,) = decoder.decode(MessageBatch.of_payloads(streams.payloads(connection, True)[len(done) :])).changes
        assert [(row["m"], str(row["p"]), row["g"]) for row in change.rows.to_pylist()] == [("ok", "1.50", 7)]
        assert [(c.name, c.canonical, c.enum) for c in change.relation.columns] == [
            ("id", "int", False), ("m", "string", True), ("p", "decimal(6,2)", False), ("g", "int", False),
        ]  # fmt: skip


def test_what_is_not_pgoutput_is_refused(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, v text); insert into t values (1, 'x')")
        begin, relation, insert, commit = streams.payloads(connection, True)
    for messages, fact in (
        ([begin, b"S1234"], "protocol 1 does not have"),
        ([relation, insert], "outside any transaction"),
        ([begin, insert], "before it describes it"),
        ([begin, relation, insert[:-1], commit], "do not agree"),
        ([begin, relation, insert + b"x", commit], "do not agree"),
        ([begin, relation, insert[:6] + b"\0\1" + insert[8:], commit], "has not the 2 columns"),
        ([begin, relation, insert[:-1] + b"\xff", commit], "LW303 public.t.v: a text value is not valid UTF-8"),
    ):
        with pytest.raises(ProblemError, match=fact):
            StreamDecoder(UserTypes).decode(MessageBatch.of_payloads(messages))


def test_user_types_are_read_only_when_an_unknown_one_appears(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create type pair as (a int, b int); create table t (id int primary key, i inet, p pair)")
        connection.execute(
            "insert into t values (1, '1.2.3.4', '(1,2)'); alter table t add x int; insert into t values (2)"
        )
        calls = []
        decoder = StreamDecoder(lambda: calls.append(1) or UserTypes())  # type: ignore[func-returns-value]
        decoded = decoder.decode(MessageBatch.of_payloads(streams.payloads(connection, False)))
        assert [change.rows["p"].to_pylist() for change in decoded.changes] == [["(1,2)"], [None]]
        assert len(calls) == 1
