"""Figures and refusals: the same each time, whatever is hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakewright.query.governed import Refused

from .conftest import BOB, Desk, T

MANY = 400_000


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM {t} LIMIT 5",
        "SELECT payload FROM {t} WHERE payload LIKE '%7%' LIMIT 20000",
        "SELECT count(*) FROM (SELECT id FROM {t} LIMIT 100000)",
        "SELECT id FROM {t} WHERE amount % 3 = 1 LIMIT 3 OFFSET 6000",
    ],
)
def test_scanned_bytes_of_a_limit_repeat(many: Desk, sql: str) -> None:
    figures = set()
    for _ in range(5):
        with many.start(sql.format(t=T)) as answer:
            answer.table()
        figures.add((answer.stats.scanned_bytes, answer.stats.scanned_rows))
    ((_, rows),) = figures
    assert rows < MANY // 2  # acme has half of them, and the statement stops early


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("many")
    ids = range(MANY)
    rows = pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "tenant": ["acme" if i % 2 == 0 else "globex" for i in ids],
            "email": ["x@example.org"] * MANY,
            "payload": [str(i) for i in ids],
            "ssn": ["1"] * MANY,
            "amount": pa.array(ids, pa.int64()),
        }
    )
    write_deltalake(str(root / "lake" / "silver" / "orders"), rows)
    desk = Desk(root, str(root / "lake"))
    yield desk
    desk.governor.close()


def test_hidden_and_missing_are_refused_by_the_same_steps(
    desks: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker is taken, no file listed, one wait, one entry in the audit: in the same order for both."""
    desk = desks()
    desk.ask("SELECT 1")
    steps: list[str] = []
    sources = desk.governor._sources

    class Watched:
        def __init__(self) -> None:
            self._inner = sources()

        def __getattr__(self, name: str) -> Any:
            steps.append(name)
            return getattr(self._inner, name)

    monkeypatch.setattr(desk.governor, "_sources", Watched)
    monkeypatch.setattr(desk.governor._pool, "take", lambda *_: steps.append("take"))
    monkeypatch.setattr("time.sleep", lambda seconds: steps.append(f"wait {0 <= seconds < 0.05}"))
    monkeypatch.setattr(desk.audit, "append", lambda event: steps.append(f"{event.outcome} {event.principal}"))
    seen = []
    for table in (T, "silver.nothing"):
        steps.clear()
        with pytest.raises(Refused) as caught:
            desk.ask(f"SELECT * FROM {table}", BOB)
        desk.governor._notes.submit(lambda: None).result()
        seen.append((sorted(steps), str(caught.value).replace(table, "x")))
    assert seen[0] == seen[1]
    assert seen[0][0] == ["denied bob", "facts", "wait True"]
