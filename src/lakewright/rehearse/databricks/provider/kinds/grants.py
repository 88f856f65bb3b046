"""Privileges: `databricks_grants` is an object's whole list, `databricks_grant` all of one principal's on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Mistake, Plain, Rules, given
from lakewright.rehearse.databricks.provider.rivals import SECURABLES
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import UNKNOWN, State, settled

_TYPE = {"model": "function", "foreign_connection": "connection"}
"""Argument → the API's type of securable, where it is another word."""
_GROUP = tuple(SECURABLES)


def _securable(state: State) -> tuple[str, str]:
    for name in SECURABLES:
        if value := given(state, name):
            return name, str(value)
    raise ApiError(400, "INVALID_PARAMETER_VALUE", "no securable is named")


def _path(argument: str, name: str) -> str:
    return f"/api/2.1/unity-catalog/permissions/{_TYPE.get(argument, argument)}/{quote(name, safe='')}"


def normal(privilege: str) -> str:
    """Unity Catalog takes spaces too and answers with underscores."""
    return privilege.strip().upper().replace(" ", "_")


def _assigned(api: Api, argument: str, name: str) -> dict[str, set[str]] | None:
    found = api.find(_path(argument, name))
    if found is None:
        return None
    return {
        one["principal"]: {normal(privilege) for privilege in one.get("privileges", [])}
        for one in found.get("privilege_assignments", [])
        if one.get("privileges")
    }


def _change(api: Api, argument: str, name: str, have: Mapping[str, set[str]], want: Mapping[str, set[str]]) -> None:
    changes = []
    for principal in sorted({*have, *want}):
        add = want.get(principal, set()) - have.get(principal, set())
        remove = have.get(principal, set()) - want.get(principal, set())
        if add or remove:
            changes.append({"principal": principal, "add": sorted(add), "remove": sorted(remove)})
    if changes:
        api.call("PATCH", _path(argument, name), {"changes": changes})


def _identified(identity: str, parts: int, form: str) -> list[str]:
    found = identity.split("/", parts - 1)
    if len(found) != parts or found[0] not in SECURABLES or not all(found):
        raise ValueError(form)
    return found


class Grants(Plain):
    """Replaces whatever else was granted on the object. Drift: any other grant."""

    rules = Rules(replace=frozenset(SECURABLES), one_of=(_GROUP,))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        argument, name = _securable(planned)
        _change(api, argument, name, _assigned(api, argument, name) or {}, self._wanted(planned))
        return settled(planned) | {"id": f"{argument}/{name}"}

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return self.create(api, block, planned)

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        argument, name = state["id"].split("/", 1)
        found = _assigned(api, argument, name)
        if not found:
            return None
        written = {one["principal"]: one["privileges"] for one in state.get("grant") or []}
        grants = [
            {"principal": principal, "privileges": _as_written(privileges, written.get(principal) or [])}
            for principal, privileges in sorted(found.items())
        ]
        return {argument: name, "grant": grants}

    def delete(self, api: Api, state: State) -> None:
        argument, name = state["id"].split("/", 1)
        _change(api, argument, name, _assigned(api, argument, name) or {}, {})

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        argument, name = _identified(identity, 2, "{securable}/{name}, for example catalog/main")
        return {argument: name, "id": identity}

    def mistakes(self, config: State) -> Iterable[Mistake]:
        seen: set[str] = set()
        for one in config["grant"] if isinstance(config.get("grant"), list) else []:
            principal = one.get("principal") if isinstance(one, dict) else None
            if isinstance(principal, str) and principal in seen:
                yield "grant", f"{principal} has two grant blocks"
            if isinstance(principal, str):
                seen.add(principal)

    @staticmethod
    def _wanted(planned: State) -> dict[str, set[str]]:
        return {one["principal"]: {normal(two) for two in one["privileges"]} for one in planned["grant"]}


class Grant(Plain):
    """All privileges of one principal on the object; those of others stay."""

    rules = Rules(replace=frozenset({*SECURABLES, "principal"}), one_of=(_GROUP,))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        argument, name = _securable(planned)
        principal = planned["principal"]
        have = (_assigned(api, argument, name) or {}).get(principal, set())
        want = {normal(one) for one in planned["privileges"]}
        _change(api, argument, name, {principal: have}, {principal: want})
        return settled(planned) | {"id": f"{argument}/{name}/{principal}"}

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return self.create(api, block, planned)

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        argument, name, principal = state["id"].split("/", 2)
        found = (_assigned(api, argument, name) or {}).get(principal)
        if not found:
            return None
        return {
            argument: name,
            "principal": principal,
            "privileges": _as_written(found, state.get("privileges") or []),
        }

    def delete(self, api: Api, state: State) -> None:
        argument, name, principal = state["id"].split("/", 2)
        have = (_assigned(api, argument, name) or {}).get(principal, set())
        _change(api, argument, name, {principal: have}, {})

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        argument, name, principal = _identified(identity, 3, "{securable}/{name}/{principal}")
        return {argument: name, "principal": principal, "id": identity}


def _as_written(found: set[str], written: Any) -> list[str]:
    """Privileges in the state's own spelling, so that `USE CATALOG` is no difference to USE_CATALOG."""
    if written is UNKNOWN:
        return sorted(found)
    spelled = {normal(one): one for one in written}
    return sorted(spelled.get(one, one) for one in found)


KINDS: Mapping[str, Kind] = {"databricks_grants": Grants(), "databricks_grant": Grant()}
