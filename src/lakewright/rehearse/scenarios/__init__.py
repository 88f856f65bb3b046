"""What a lake is shown with: each scenario asks a lake that the demo made, and says what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple

from lakewright.rehearse.scenarios.stage import Finding, Stage, Step, Told


class Scenario(NamedTuple):
    """`module` has `tell`."""

    module: str
    summary: str

    def tell(self, stage: Stage) -> Told:
        told: Callable[[Stage], Told] = import_module(f"lakewright.rehearse.scenarios.{self.module}").tell
        return told(stage)


SCENARIOS: Mapping[str, Scenario] = {
    "cdc": Scenario("cdc", "the newest live order in Bronze, Silver and Gold"),
    "history": Scenario("history", "six months of revenue from each layer"),
    "isolation": Scenario("isolation", "two tenants' analysts ask the same"),
    "timetravel": Scenario("timetravel", "customers now and earlier; rows read again"),
    "cost": Scenario("cost", "bytes and prices with and without partitions"),
}

__all__ = ["SCENARIOS", "Finding", "Scenario", "Stage", "Step", "Told"]
