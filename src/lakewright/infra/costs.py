"""What an environment's calls cost: the cost drivers that their components name."""

from __future__ import annotations

from lakewright.components.registry import component
from lakewright.cost import Driver
from lakewright.infra.calls import Find, declaration
from lakewright.infra.compile import context_of
from lakewright.infra.known import Known, known_of
from lakewright.spec import Project


def drivers(
    project: Project, environment: str, find: Find = component, known: Known | None = None
) -> tuple[Driver, ...]:
    """Every cost driver of an environment, with the call that it comes from."""
    declared = declaration(project, environment, find)
    known = known or known_of(project)
    context = context_of(project, declared, known)
    return tuple(
        Driver(name, cost.item, cost.quantity, cost.note)
        for name, call in declared.calls.items()
        for cost in call.component.costs(
            context.within(call.account, call.standing.part.whose, call.stack), call.settings
        )
    )
