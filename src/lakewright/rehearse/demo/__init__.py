"""`lakewright demo`: a whole lakehouse on this machine, fed by a real shop, checked against the shop's own database."""

from lakewright.rehearse.demo.report import DemoReport, LayerRows
from lakewright.rehearse.demo.run import DemoOptions, run_demo

__all__ = ["DemoOptions", "DemoReport", "LayerRows", "run_demo"]
