"""What a platform would cost: dated prices, and an estimate from the cost drivers of its components."""

from lakewright.cost.estimate import Driver, Estimate, Line, estimate
from lakewright.cost.prices import HOURS, PRICES, Price

__all__ = ["HOURS", "PRICES", "Driver", "Estimate", "Line", "Price", "estimate"]
