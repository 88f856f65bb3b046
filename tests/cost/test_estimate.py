"""Figures computed by hand from the prices' pages."""

from __future__ import annotations

import pytest

from lakewright.cost import HOURS, PRICES, Driver, estimate
from lakewright.errors import SpecError


def test_a_months_bill_by_hand() -> None:
    found = estimate(
        [
            Driver("dms", "dms.dms.t3.medium_hour", 730),
            Driver("network", "vpc.endpoint_hour", 6 * 2 * 730, "six endpoints in two zones"),
            Driver("key", "kms.key", 1),
            Driver("lake", "s3.standard_gb_month", 100),
        ]
    )
    assert found.usd == pytest.approx(54.02 + 87.60 + 1.00 + 2.30)
    assert dict(found.by_service) == {"vpc": 87.6, "dms": 54.02, "s3": 2.3, "kms": 1.0}
    assert [line.call for line in found.lines] == ["network", "dms", "lake", "key"]


def test_an_item_without_a_price_is_refused() -> None:
    with pytest.raises(SpecError, match="LW1390"):
        estimate([Driver("x", "s3.moonbeams", 1)])


def test_prices_are_dated_and_sourced() -> None:
    assert HOURS == 730
    for key, price in PRICES.items():
        assert key.count(".") >= 1
        assert price.usd >= 0
        assert price.page.startswith("https://aws.amazon.com/")
        assert len(price.noted) == 7
