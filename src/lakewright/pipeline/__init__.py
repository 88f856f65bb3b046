"""Plan, then run: models over Bronze and each other, incrementally, every table's data and position in one commit."""

from lakewright.pipeline.pipeline import Pipeline, Request
from lakewright.pipeline.report import CheckResult, ModelReport, RunReport

__all__ = ["CheckResult", "ModelReport", "Pipeline", "Request", "RunReport"]
