from __future__ import annotations

from decimal import Decimal

from lakewright.rehearse.comparison import Difference, compare


def test_equal_rows_count_every_figure() -> None:
    rows = [("a", 1, Decimal("1.50")), ("b", 2, None)]
    found = compare("gold.t", ["dt"], ["dt", "n", "sum"], rows, [("b", 2, None), ("a", 1, Decimal("1.5"))])
    assert found.equal
    assert (found.rows, found.figures) == (2, 6)


def test_every_kind_of_difference_is_found() -> None:
    source = [(1, 1), (2, 2), (3, None)]
    found = compare("gold.t", ["k"], ["k", "v"], source, [(1, 9), (3, 0), (4, 4)])
    assert found.different == 4
    assert set(found.differences) == {
        Difference((1,), "v", 1, 9),
        Difference((2,), "", "row", None),
        Difference((3,), "v", None, 0),
        Difference((4,), "", None, "row"),
    }


def test_only_the_first_few_are_kept() -> None:
    found = compare("gold.t", ["k"], ["k", "v"], [(n, 0) for n in range(100)], [(n, 1) for n in range(100)])
    assert found.different == 100
    assert len(found.differences) == 5
