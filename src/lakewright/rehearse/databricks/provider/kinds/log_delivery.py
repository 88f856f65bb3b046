"""Delivery of audit logs and usage: it can be enabled and disabled, and nothing else of it changes.

https://registry.terraform.io/providers/databricks/databricks/latest/docs/resources/mws_log_delivery
"""

from __future__ import annotations

from typing import Any

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Kind, Rules, names
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.values import State


class LogDelivery(Rest):
    """What is destroyed stays in the account, disabled: the service deletes none."""

    def delete(self, api: Api, state: State) -> None:
        try:
            self._change(api, state, {"status": "DISABLED"})
        except ApiError as error:
            if not error.missing:
                raise

    def _change(self, api: Api, state: State, body: dict[str, Any]) -> None:
        api.call("PATCH", self._at(api, self.item, state), {"status": body["status"]})


KINDS: dict[str, Kind] = {
    "databricks_mws_log_delivery": LogDelivery(
        "/log-delivery",
        "/log-delivery/{config_id}",
        "{account_id}|{config_id}",
        Rules(
            replace=names(
                "account_id config_name credentials_id delivery_path_prefix delivery_start_time log_type output_format "
                "storage_configuration_id workspace_ids_filter"
            ),
            loose=names("status delivery_start_time config_id"),
            secret=names("account_id"),
            kept=names("account_id"),
            values={
                "log_type": frozenset({"AUDIT_LOGS", "BILLABLE_USAGE"}),
                "output_format": frozenset({"JSON", "CSV"}),
                "status": frozenset({"ENABLED", "DISABLED"}),
            },
        ),
        account=True,
        wrapped="log_delivery_configuration",
        local=names("config_id"),
    ),
}
