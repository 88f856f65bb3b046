"""Decides which protection plans are on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, Value
from lakewright.spec.block import Block

Feature = Literal["s3", "eks", "malware", "rds", "lambda"]
_FEATURES = {
    "s3": "S3_DATA_EVENTS",
    "eks": "EKS_AUDIT_LOGS",
    "malware": "EBS_MALWARE_PROTECTION",
    "rds": "RDS_LOGIN_EVENTS",
    "lambda": "LAMBDA_NETWORK_LOGS",
}


class Settings(Block):
    """Threat detection in an account and region."""

    features: tuple[Feature, ...] = Field(
        default=("s3",), strict=False, description="Protection plans besides the basic one; all others are off."
    )
    million_events: Annotated[float, Field(ge=0)] = Field(
        default=3.0, description="Events of a month in millions, for the estimate."
    )


def _call(_context: Context, _name: str, settings: Settings) -> Call:
    inputs: dict[str, Value] = {
        "features": sorted(_FEATURES[one] for one in settings.features),
    }
    return Call(inputs)


COMPONENT = Component(
    name="guardduty",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("detector_id", "detector_arn"),
    costs=lambda _context, settings: (Cost("guardduty.million_events", settings.million_events, "management events"),),
)
