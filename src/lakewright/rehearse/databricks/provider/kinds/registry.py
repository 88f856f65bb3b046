"""The resource types that the stand-in makes; of all others it checks the arguments only."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.rehearse.databricks.provider.kinds import (
    account,
    compute,
    credentials,
    grants,
    lists,
    log_delivery,
    scim,
    unity,
)
from lakewright.rehearse.databricks.provider.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {
    **account.KINDS,
    **log_delivery.KINDS,
    **unity.KINDS,
    **credentials.KINDS,
    **lists.KINDS,
    **grants.KINDS,
    **scim.KINDS,
    **compute.KINDS,
}
