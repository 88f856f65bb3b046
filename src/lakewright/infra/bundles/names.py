"""Names in the workspaces that bundles are deployed to: what the platform's own Terraform makes there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lakewright.errors import SpecError
from lakewright.infra.calls import Declaration
from lakewright.infra.compile import decided_calls
from lakewright.infra.root_module import Decided
from lakewright.spec import Project
from lakewright.spec.layers import did_you_mean

COMPUTE, ACCOUNT = "databricks_compute", "databricks_account"


@dataclass(frozen=True)
class Names:
    """Looks up policies, warehouses and service principals of one environment."""

    project: Project
    declared: Declaration
    decided: Mapping[str, Decided]

    def policy(self, product: str, whose: Mapping[str, str], key: str) -> str:
        """Name of a cluster policy in the workspace of a unit, or in the only one. Raises SpecError LW1530."""
        return self._of_compute(product, whose, "policies", "policy", key)

    def warehouse(self, product: str, whose: Mapping[str, str], key: str) -> str:
        """The same of a SQL warehouse."""
        return self._of_compute(product, whose, "warehouses", "warehouse", key)

    def _of_compute(self, product: str, whose: Mapping[str, str], kind: str, setting: str, key: str) -> str:
        for call in self._calls(COMPUTE):
            if dict(call.declared.standing.part.whose) != dict(whose):
                continue
            known = {*self._inputs(call, kind)}
            place = self.declared.accounts[call.declared.account]
            name = replace(place, whose=tuple(whose.values())).name(key)
            if name in known:
                return name
            keys = [*getattr(call.declared.settings, kind)]
            fact = f'{product}: {call.name} has no {setting} "{key}"'
            raise self._mistake("LW1530", fact, did_you_mean(key, keys, _there_are(keys)), product, setting)
        said = "-".join(whose.values()) or "the workspace"
        fact = f"{product}: no call of {COMPUTE} says which policies {said} has"
        raise self._mistake("LW1530", fact, f"a call of {COMPUTE} in a stack", product, setting)

    def service_principal(self, product: str, name: str) -> str:
        """The display name of a service principal that the platform makes, by that name or by its key.

        Raises SpecError LW1531 when it makes none of either."""
        known = {
            key: str(one["display_name"])
            for call in self._calls(ACCOUNT)
            for key, one in self._inputs(call, "service_principals").items()
        }
        if name not in known and name not in known.values():
            fact = f'{product}: the platform makes no service principal "{name}"'
            hint = did_you_mean(name, known, _there_are(known) or "service_principals of databricks_account")
            raise self._mistake("LW1531", fact, hint, product, "run_as")
        return known.get(name, name)

    def _calls(self, component: str) -> Iterable[Decided]:
        return [one for one in self.decided.values() if one.declared.component.name == component]

    def _inputs(self, call: Decided, name: str) -> Mapping[str, Any]:
        found: Any = call.made.inputs.get(name) or {}
        return dict(found)

    def _mistake(self, code: str, fact: str, hint: str, product: str, setting: str) -> SpecError:
        return SpecError(code, fact, place=self.project.place("data_products", product, setting), hint=hint)


def _there_are(names: Iterable[str]) -> str:
    said = ", ".join(names)
    return f"there are {said}" if said else ""


def names_of(project: Project, environment: str) -> Names:
    """Raises Mistakes when the environment's infrastructure cannot be decided."""
    return Names(project, *decided_calls(project, environment))
