"""Keys with values that no type of the lake holds."""

from __future__ import annotations

import pytest

from tests.ingest.support import Lake


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("timestamptz", ["infinity", "-infinity", "50000-01-01 00:00:00+00", "0044-03-15 12:00:00+00 BC"]),
        ("timestamp", ["infinity", "-infinity", "50000-01-01 00:00:00", "50001-01-01 00:00:00.5"]),
        ("date", ["infinity", "-infinity", "50000-01-01", "0044-03-15 BC"]),
        ("numeric(10,2)", ["NaN"]),
    ],
)
def test_keys_that_no_type_of_the_lake_holds(lake: Lake, kind: str, odd: list[str]) -> None:
    """They are NULL in Bronze, all of them; only their texts tell the rows apart."""
    plain = "1.50" if kind.startswith("numeric") else "2024-01-01"
    lake.run(f"create table t (k {kind}, n int, v text, big text, primary key (n, k))")
    lake.run("alter table t alter big set storage external")
    values = ", ".join(f"('{key}', 1, '{key}', repeat('{at}', 5000))" for at, key in enumerate([*odd, plain]))
    lake.run(f"insert into t values {values}")
    lake.once()
    lake.assert_equal()
    lake.run(f"update t set v = 'changed' where k = '{odd[0]}'", f"insert into t values ('{odd[0]}', 2, 'new', 'b')")
    lake.once()
    lake.assert_equal()
    lake.run("delete from t where n = 2", f"update t set k = '{odd[0]}', n = 3 where k = '{plain}'")
    lake.run("update t set n = 4 where n = 3", f"delete from t where k = '{odd[-1]}' and n = 1")
    lake.run(f"update t set k = '{plain}' where n = 4")
    lake.once()
    lake.assert_equal()
    assert len(lake.rows("t")) == len(odd)
