"""What an environment's calls cost: the cost drivers that their components name."""

from __future__ import annotations

from lakewright.components.component import Context
from lakewright.components.registry import component
from lakewright.cost import Driver
from lakewright.infra.calls import Find, declaration
from lakewright.infra.known import Known, known_of
from lakewright.spec import Project


def drivers(
    project: Project, environment: str, find: Find = component, known: Known | None = None
) -> tuple[Driver, ...]:
    """Every cost driver of an environment, with the call that it comes from."""
    declared = declaration(project, environment, find)
    known = known or known_of(project)
    names = {name: call.component.name for name, call in declared.calls.items()}
    context = Context(project, declared.place, names, declared.existing, known.models, known.sources)
    return tuple(
        Driver(name, cost.item, cost.quantity, cost.note)
        for name, call in declared.calls.items()
        for cost in call.component.costs(context, call.settings)
    )
