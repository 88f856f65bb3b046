"""Stacks are tried out of their turn, as by hand: before anything stands, and when all of it does."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.errors import Mistakes
from lakewright.infra.compile import Stack
from lakewright.infra.in_order import States, refuse_out_of_order, refuse_to_pull_away
from lakewright.infra.order import STATE
from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.stage import Stage

TURN, PROOF = "LW1367", "LW1372"


def too_early(stage: Stage) -> Iterator[Tried]:
    """One stack that stands on another than that of the state, before either is applied."""
    stacks = _rehearsed(stage)
    late = min((one for one in stacks if one.after - {STATE}), key=lambda one: len(one.after), default=None)
    if late is not None:
        name = "an apply out of order is refused"
        try:
            refuse_out_of_order(stacks, [late.name], _states(stage).is_applied)
        except Mistakes as refused:
            yield _refused(name, refused)
        else:
            yield Tried(name, False, f"{late.name} alone was let through")


def unproven(stage: Stage) -> Iterator[Tried]:
    """One stack that follows another (`field` after `lab`), of which nothing is proven yet."""
    later = next((one for one in _rehearsed(stage) if one.follows), None)
    if later is not None:
        outcome = stage.only([later.name]).roll_out()
        refused = outcome.failed.get(later.name)
        ok = refused is not None and refused.code == PROOF and not outcome.done
        fact = refused.fact if refused is not None else f"{later.name} alone was applied"
        yield Tried(f"{next(iter(later.follows.values()))}: an apply without proof is refused", ok, fact)


def pulled_away(stage: Stage) -> Iterator[Tried]:
    """One stack that another stands on, once both are applied."""
    stacks = _rehearsed(stage)
    pairs = ((low, high) for low in stacks if low.name != STATE for high in stacks if high.stands_on(low))
    pair = next(pairs, None)
    if pair is not None:
        name, low = "a destroy out of order is refused", pair[0].name
        try:
            refuse_to_pull_away(pair, [low], _states(stage).stands)
        except Mistakes as refused:
            yield _refused(name, refused)
        else:
            yield Tried(name, False, f"{low} alone was let through")


def _refused(name: str, refused: Mistakes) -> Tried:
    first, *others = refused.mistakes
    more = f" ({len(others)} more)" if others else ""
    return Tried(name, first.code == TURN, f"{first.fact}{more}")


def _rehearsed(stage: Stage) -> tuple[Stack, ...]:
    names = {step.name for step in stage.steps}
    return tuple(one for one in stage.compiled.stacks if one.name in names)


def _states(stage: Stage) -> States:
    return States(stage.proofs.kept.state, stage.folder / "infra" / stage.compiled.environment)
