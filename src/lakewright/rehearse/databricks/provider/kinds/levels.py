"""Types that the account's console and a workspace both have."""

from __future__ import annotations

from collections.abc import Iterable

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Mistake, Rules
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import State

UC = "/api/2.1/unity-catalog"


class ByLevel:
    """A type that the account's console and a workspace both have, at different paths.

    `metastore`: name of the argument that says of which metastore an account's object is.
    """

    def __init__(self, workspace: Rest, account: Rest, metastore: str = "") -> None:
        self.workspace, self.account, self.metastore = workspace, account, metastore

    @property
    def rules(self) -> Rules:
        return self.workspace.rules

    def create(self, api: Api, block: Block, planned: State) -> State:
        self._has_metastore(api, planned)
        return self._at(api).create(api, block, planned)

    def read(self, api: Api, block: Block, state: State) -> Answer | None:
        return self._at(api).read(api, block, state)

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:
        return self._at(api).update(api, block, prior, planned)

    def delete(self, api: Api, state: State) -> None:
        self._at(api).delete(api, state)

    def imported(self, api: Api, identity: str) -> State:
        return self.workspace.imported(api, identity)

    def mistakes(self, config: State) -> Iterable[Mistake]:
        return self.workspace.mistakes(config)

    def foreseen(self, planned: State) -> State:
        return planned

    def _at(self, api: Api) -> Rest:
        return self.account if api.at_account else self.workspace

    def _has_metastore(self, api: Api, planned: State) -> None:
        if self.metastore and api.at_account and not isinstance(planned.get(self.metastore), str):
            text = f"{self.metastore} is required with an account-level provider"
            raise ApiError(400, "INVALID_PARAMETER_VALUE", text)
