"""Out-of-order applies in a rehearsal: refused is evidence, let through is a failure that the report shows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lakewright.errors import LakewrightError, ProblemError
from lakewright.infra.compile import Stack
from lakewright.infra.order import Outcome, Step
from lakewright.infra.run_done import Applied
from lakewright.rehearse.platform.criteria import judged
from lakewright.rehearse.platform.evidence import Evidence, StackSeen
from lakewright.rehearse.platform.ordering import pulled_away, too_early, unproven
from lakewright.rehearse.platform.stage import Stage

LAB, FIELD = ({"unit": "digital", "workspace": kind} for kind in ("lab", "field"))
STACKS = (
    Stack("state", {}, frozenset(), {}),
    Stack("network", {}, frozenset({"state"}), {}),
    Stack("lab", {}, frozenset({"state", "network"}), {}, whose=LAB, uses=frozenset({"network"})),
    Stack("field", {}, frozenset({"state", "network"}), {}, follows={"lab": "field comes after lab"}, whose=FIELD),
)
STANDING = {"resources": [{"mode": "managed"}], "outputs": {"id": {"value": 1}}}


def stage(states: dict[str, Any], failed: dict[str, LakewrightError] | None = None) -> Stage:
    """As much of a stage as is looked at; `failed`: what a roll-out of `field` alone comes to."""
    done: dict[str, Applied] = {} if failed else {"field": Applied("field")}
    rolled = SimpleNamespace(roll_out=lambda: Outcome(done=done, failed=failed or {}))
    found = SimpleNamespace(
        compiled=SimpleNamespace(stacks=STACKS, environment="live"),
        steps=[Step(one.name, Path(one.name)) for one in STACKS],
        folder=Path("nowhere"),
        proofs=SimpleNamespace(kept=SimpleNamespace(state=lambda name: states.get(name, {}))),
        only=lambda _names: rolled,
    )
    return cast("Stage", found)


def test_before_anything_stands_it_is_refused() -> None:
    (one,) = too_early(stage({}))
    assert one.ok
    assert "lab comes after network, which is not applied" in one.fact
    (one,) = too_early(stage(dict.fromkeys(("state", "network"), STANDING)))
    assert (one.ok, one.fact) == (False, "lab alone was let through")


def test_field_without_lab_is_refused() -> None:
    (one,) = unproven(stage({}, {"field": ProblemError("LW1372", "field comes after lab, and lab has no apply")}))
    assert (one.ok, one.name) == (True, "field comes after lab: an apply without proof is refused")
    (one,) = unproven(stage({}))
    assert (one.ok, one.fact) == (False, "field alone was applied")
    (one,) = unproven(stage({}, {"field": ProblemError("LW1352", "something else")}))
    assert not one.ok


def test_what_others_stand_on_is_not_destroyed() -> None:
    (one,) = pulled_away(stage(dict.fromkeys(("state", "network", "lab"), STANDING)))
    assert one.ok
    assert "network is what lab stands on" in one.fact
    (one,) = pulled_away(stage({}))
    assert (one.ok, one.fact) == (False, "network alone was let through")


@pytest.mark.parametrize("ok", [True, False])
def test_the_report_shows_it(ok: bool) -> None:
    (tried,) = too_early(stage({} if ok else dict.fromkeys(("state", "network"), STANDING)))
    seen = Evidence("live", [StackSeen("network", 1, {}, {})], order=(tried,))
    check = next(one for one in judged(seen)[0].checks if one.name == "an apply out of order is refused")
    assert check.ok is ok
    assert judged(seen)[0].ok is ok
