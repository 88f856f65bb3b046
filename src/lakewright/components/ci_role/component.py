"""Decides the pipeline's two roles: one that looks, for every branch, and one that changes, for the branch that may."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.ci_role.rights import denials, identities, reading, services, state, writing
from lakewright.components.ci_role.trust import Trust, issuer, trust_policy
from lakewright.components.component import Call, Component, Context, File, Place, Value
from lakewright.components.state.component import state_bucket
from lakewright.components.statements import MANAGED, Statement, document
from lakewright.spec.block import Block


class Settings(Block):
    """Roles of the delivery pipeline."""

    trust: Trust = Field(default_factory=Trust, description="Who assumes them.")
    session: Annotated[int, Field(ge=3600, le=43_200)] = Field(default=3600, description="Longest session, seconds.")


def role_names(place: Place) -> dict[str, str]:
    """Work → name of the role that does it."""
    return {"plan": place.name("ci-plan"), "apply": place.name("ci-apply")}


def policies(context: Context) -> dict[str, dict[str, str]]:
    """Work → name → policy document."""
    place = context.place
    used = services(context)
    bucket = state_bucket(place)
    own = [place.arn("iam", f"role/{name}", regional=False) for name in role_names(place).values()]
    look = document(*reading(place, used), *state(place, bucket, write=False), most=MANAGED)
    return {
        "plan": {"look": look},
        "apply": {
            "look": document(*reading(place, used), *state(place, bucket, write=True), most=MANAGED),
            **_parts("change", writing(place, used)),
            "identities": document(*identities(place), most=MANAGED),
            "never": document(*denials(place, own), most=MANAGED),
        },
    }


def _parts(name: str, statements: tuple[Statement, ...]) -> dict[str, str]:
    """As many documents as the statements need, in their order."""
    half = (len(statements) + 1) // 2
    found = {f"{name}-1": document(*statements[:half], most=MANAGED)} if statements else {}
    if statements[half:]:
        found[f"{name}-2"] = document(*statements[half:], most=MANAGED)
    return found


_WORK = {"plan": "Plans changes: sees everything, writes the state's lock.", "apply": "Applies approved plans."}


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    files: dict[str, str | bytes] = {}
    roles: dict[str, Value] = {}
    for work, documents in policies(context).items():
        trusted = trust_policy(settings.trust, place, "plan" if work == "plan" else "apply")
        files[f"{work}-trust.json"] = trusted
        files |= {f"{work}-{name}.json": text for name, text in documents.items()}
        roles[work] = {
            "name": role_names(place)[work],
            "description": _WORK[work],
            "trust_policy": File(f"{work}-trust.json"),
            "policies": {name: File(f"{work}-{name}.json") for name in documents},
        }
    inputs: dict[str, Value] = {"roles": roles, "session_seconds": settings.session}
    if found := issuer(settings.trust, place.environment):
        inputs["oidc"] = {
            "url": found.url,
            "audiences": [found.audience],
            "create": not settings.trust.provider_exists,
        }
    return Call(inputs=inputs, files=files)


COMPONENT = Component(
    name="ci_role",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("role_arns", "oidc_provider_arn"),
)
