"""A budget of the month (and the day), and unusual costs; told to a topic, or by e-mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from lakewright.components.component import Call, Component, Context, Cost, Value
from lakewright.components.monitoring.settings import Email
from lakewright.errors import SpecError
from lakewright.spec.block import Block


def _dollars(value: Any) -> Any:
    """`200USD`, `200 USD` or 200."""
    if isinstance(value, str) and value.strip().removesuffix("USD").strip().replace(".", "", 1).isdigit():
        return float(value.strip().removesuffix("USD"))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Dollars = Annotated[
    float,
    BeforeValidator(_dollars),
    Field(gt=0),
    WithJsonSchema({"type": ["number", "string"], "pattern": r"^[0-9]+(\.[0-9]+)?\s*USD$"}),
]


class Settings(Block):
    """What the environment may cost."""

    monthly: Dollars = Field(default=200.0, description="What a month may cost: `200USD`.")
    daily: Dollars | None = Field(default=None, description="What a day may cost.")
    whole_account: bool = Field(
        default=False,
        description="All of the account; by default what has the tag `platform`, active for cost allocation.",
    )
    anomalies: Dollars | None = Field(
        default=20.0, description="Impact from which unusual costs are told of; `null` where the account looks already."
    )
    emails: tuple[Email, ...] = Field(
        default=(), strict=False, description="Addresses that are told, besides the topic `costs` of `monitoring`."
    )


def call(context: Context, _name: str, settings: Settings) -> Call:
    """The inputs of the budget. Raises SpecError LW1327 when nobody would be told."""
    topics = [context.output("monitoring", "topic_arns", "costs")] if context.has("monitoring") else []
    if not topics and not settings.emails:
        raise SpecError("LW1327", "nobody is told of the budget", hint="emails: [costs@example.com], or add monitoring")
    place = context.place
    inputs: dict[str, Value] = {
        "name": place.name(most=90),
        "monthly": settings.monthly,
        "emails": list(settings.emails),
        "topic_arns": topics,
    }
    if settings.daily is not None:
        inputs["daily"] = settings.daily
    if not settings.whole_account:
        inputs["tag_filter"] = {"key": "platform", "value": place.platform}
    if settings.anomalies is not None:
        inputs["anomaly"] = {"least": settings.anomalies}
    return Call(inputs)


COMPONENT = Component(
    name="budget",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("names", "monitor_arn"),
    costs=lambda _context, _settings: (Cost("budgets.budget", 1.0),),
)
