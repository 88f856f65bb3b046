from __future__ import annotations

from decimal import Decimal

from lakewright.rehearse.comparison import Difference, compare


def test_equal_rows_count_every_figure() -> None:
    rows = [{"dt": "a", "n": 1, "sum": Decimal("1.50")}, {"dt": "b", "n": 2, "sum": None}]
    found = compare(
        "gold.t", ["dt"], rows, [{"dt": "b", "n": 2, "sum": None}, {"dt": "a", "n": 1, "sum": Decimal("1.5")}]
    )
    assert found.equal
    assert (found.rows, found.figures) == (2, 6)


def test_every_kind_of_difference_is_found() -> None:
    source = [{"k": 1, "v": 1}, {"k": 2, "v": 2}, {"k": 3, "v": None}]
    lake = [{"k": 1, "v": 9}, {"k": 3, "v": 0}, {"k": 4, "v": 4}]
    found = compare("gold.t", ["k"], source, lake)
    assert found.different == 4
    assert set(found.differences) == {
        Difference((1,), "v", 1, 9),
        Difference((2,), "", "row", None),
        Difference((3,), "v", None, 0),
        Difference((4,), "", None, "row"),
    }


def test_only_the_first_few_are_kept() -> None:
    found = compare("gold.t", ["k"], [{"k": n, "v": 0} for n in range(100)], [{"k": n, "v": 1} for n in range(100)])
    assert found.different == 100
    assert len(found.differences) == 5
