"""Delivery of logs, asked for by the SDK: kinds and formats, places, how many, and that nothing is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, ResourceExhausted
from databricks.sdk.service import billing, provisioning

from .conftest import ROLE, Place


@pytest.fixture
def parts(place: Place) -> dict[str, str]:
    role = provisioning.CreateCredentialStsRole(role_arn=ROLE.format("log-delivery"))
    aws = provisioning.CreateCredentialAwsCredentials(sts_role=role)
    credentials = place.account.credentials.create(credentials_name="logs", aws_credentials=aws)
    bucket = provisioning.RootBucketInfo(bucket_name="logs-bucket")
    storage = place.account.storage.create(storage_configuration_name="logs", root_bucket_info=bucket)
    return {
        "credentials_id": str(credentials.credentials_id),
        "storage_configuration_id": str(storage.storage_configuration_id),
    }


def audit(parts: dict[str, str], **more: Any) -> billing.CreateLogDeliveryConfigurationParams:
    kind = {"log_type": billing.LogType.AUDIT_LOGS, "output_format": billing.OutputFormat.JSON}
    return billing.CreateLogDeliveryConfigurationParams(**{**kind, **parts, **more})


def usage(parts: dict[str, str], **more: Any) -> billing.CreateLogDeliveryConfigurationParams:
    kind = {"log_type": billing.LogType.BILLABLE_USAGE, "output_format": billing.OutputFormat.CSV}
    return billing.CreateLogDeliveryConfigurationParams(**{**kind, **parts, **more})


def test_it_is_made_found_disabled_and_enabled_again(place: Place, parts: dict[str, str]) -> None:
    delivery = place.account.log_delivery
    made = delivery.create(audit(parts, config_name="audit", delivery_path_prefix="audit")).log_delivery_configuration
    assert made is not None
    assert made.status is billing.LogDeliveryConfigStatus.ENABLED
    key = str(made.config_id)
    found = delivery.get(key).log_delivery_configuration
    assert found is not None
    assert (found.config_name, found.delivery_path_prefix, found.workspace_ids_filter) == ("audit", "audit", [])
    assert found.log_delivery_status is not None
    assert found.log_delivery_status.status is billing.DeliveryStatus.CREATED
    delivery.patch_status(key, billing.LogDeliveryConfigStatus.DISABLED)
    disabled = billing.LogDeliveryConfigStatus.DISABLED
    assert [one.config_id for one in delivery.list(status=disabled)] == [key]
    assert list(delivery.list(credentials_id="another")) == []
    delivery.patch_status(key, billing.LogDeliveryConfigStatus.ENABLED)
    assert [str(one.status) for one in delivery.list()] == ["LogDeliveryConfigStatus.ENABLED"]
    with pytest.raises(NotFound, match="does not exist"):
        delivery.get("nothing")


def test_usage_begins_with_a_month(place: Place, parts: dict[str, str]) -> None:
    delivery = place.account.log_delivery
    found = delivery.create(usage(parts)).log_delivery_configuration
    assert found is not None
    assert found.delivery_start_time == "2027-01"  # the clock of these tests stands in that month
    for start in ("2019-02", "2026-13", "2026", "January"):
        with pytest.raises(InvalidParameterValue, match="delivery_start_time"):
            delivery.create(usage(parts, delivery_start_time=start))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"output_format": billing.OutputFormat.CSV}, "output_format of AUDIT_LOGS is JSON"),
        ({"delivery_path_prefix": "/audit"}, "slash"),
        ({"delivery_path_prefix": "audit/"}, "slash"),
        ({"delivery_start_time": "2026-01"}, "BILLABLE_USAGE only"),
        ({"credentials_id": "nothing"}, "Credentials nothing does not exist"),
        ({"storage_configuration_id": "nothing"}, "Storage configuration nothing does not exist"),
    ],
)
def test_what_is_refused(place: Place, parts: dict[str, str], wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(DatabricksError, match=said):
        place.account.log_delivery.create(replace(audit(parts), **wrong))
    assert list(place.account.log_delivery.list()) == []


def test_two_of_a_kind_for_the_account_and_two_for_each_workspace(place: Place, parts: dict[str, str]) -> None:
    delivery = place.account.log_delivery
    for _ in range(2):
        delivery.create(audit(parts))
        delivery.create(audit(parts, workspace_ids_filter=[1, 2]))
    with pytest.raises(ResourceExhausted, match="for this account already"):
        delivery.create(audit(parts))
    with pytest.raises(ResourceExhausted, match="for workspace 2 already"):
        delivery.create(audit(parts, workspace_ids_filter=[3, 2]))
    delivery.create(audit(parts, workspace_ids_filter=[3]))
    delivery.create(usage(parts))  # each kind has its own room
    third = delivery.create(audit(parts, status=billing.LogDeliveryConfigStatus.DISABLED)).log_delivery_configuration
    assert third is not None
    with pytest.raises(ResourceExhausted):
        delivery.patch_status(str(third.config_id), billing.LogDeliveryConfigStatus.ENABLED)
    first = next(one for one in delivery.list() if not one.workspace_ids_filter)
    delivery.patch_status(str(first.config_id), billing.LogDeliveryConfigStatus.DISABLED)
    delivery.patch_status(str(third.config_id), billing.LogDeliveryConfigStatus.ENABLED)


def test_only_the_accounts_administrators(place: Place, parts: dict[str, str]) -> None:
    from databricks.sdk import AccountClient

    place.account.users.create(user_name="ana@example.com")
    databricks = place.databricks
    ana = AccountClient(
        host=databricks.host,
        account_id=databricks.account_id,
        token=databricks.token("ana@example.com"),
        auth_type="pat",
    )
    with pytest.raises(DatabricksError, match="Only account admins"):
        ana.log_delivery.create(audit(parts))
