"""What a month costs, by service, from cost drivers; and what it would cost without something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.cost.prices import PRICES, REGION, Price
from lakewright.errors import SpecError


@dataclass(frozen=True)
class Driver:
    """One thing that costs money: `quantity` units a month of `item`, because of the call `call`."""

    call: str
    item: str
    quantity: float
    note: str = ""


@dataclass(frozen=True)
class Line:
    """A priced driver; `usd` per month."""

    call: str
    item: str
    quantity: float
    unit: str
    price: float
    usd: float
    note: str

    @property
    def service(self) -> str:
        return self.item.partition(".")[0]


@dataclass(frozen=True)
class Estimate:
    """A month's lines, dearest first. `noted` is the oldest month of the prices used, `region` where they hold."""

    lines: tuple[Line, ...]
    noted: str
    region: str = REGION

    @property
    def usd(self) -> float:
        return round(sum(line.usd for line in self.lines), 2)

    @property
    def by_service(self) -> Mapping[str, float]:
        """Service → US dollars a month, dearest first."""
        sums: defaultdict[str, float] = defaultdict(float)
        for line in self.lines:
            sums[line.service] += line.usd
        return {name: round(usd, 2) for name, usd in sorted(sums.items(), key=lambda item: (-item[1], item[0]))}

    def as_dict(self) -> dict[str, Any]:
        lines = [{"call": one.call, "item": one.item, "quantity": round(one.quantity, 4), "unit": one.unit,
                  "price": one.price, "usd": round(one.usd, 2), "note": one.note} for one in self.lines]  # fmt: skip
        return {
            "usd": self.usd,
            "by_service": dict(self.by_service),
            "region": self.region,
            "noted": self.noted,
            "lines": lines,
        }


def estimate(drivers: Iterable[Driver], prices: Mapping[str, Price] = PRICES) -> Estimate:
    """Prices every driver. Raises SpecError LW1390 for an item without a price: nothing is left out silently."""
    lines = [_priced(driver, prices) for driver in drivers]
    noted = min((prices[line.item].noted for line in lines), default="")
    return Estimate(tuple(sorted(lines, key=lambda line: (-line.usd, line.call, line.item))), noted)


def _priced(driver: Driver, prices: Mapping[str, Price]) -> Line:
    price = prices.get(driver.item)
    if price is None:
        raise SpecError("LW1390", f'no price is known for "{driver.item}"', place=driver.call, hint="cost/prices.py")
    usd = driver.quantity * price.usd
    return Line(driver.call, driver.item, driver.quantity, price.unit, price.usd, usd, driver.note)
