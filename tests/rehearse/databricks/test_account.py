"""What workspaces are made of, asked for by the SDK."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from databricks.sdk import AccountClient
from databricks.sdk.errors import (
    DatabricksError,
    InvalidParameterValue,
    InvalidState,
    NotFound,
    ResourceAlreadyExists,
)
from databricks.sdk.service import billing, catalog, provisioning

from .conftest import ROLE, Place


def test_a_workspace_is_provisioned_runs_and_keeps_what_it_is_made_of(place: Place) -> None:
    account = place.account
    role = provisioning.CreateCredentialStsRole(role_arn=ROLE.format("cross-account"))
    aws = provisioning.CreateCredentialAwsCredentials(sts_role=role)
    credentials = account.credentials.create(credentials_name="main", aws_credentials=aws)
    bucket = provisioning.RootBucketInfo(bucket_name="root-bucket")
    storage = account.storage.create(storage_configuration_name="main", root_bucket_info=bucket)
    network = account.networks.create(
        network_name="main", vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"]
    )
    assert str(network.vpc_status) == "VpcStatus.UNATTACHED"
    made = account.workspaces.create(
        workspace_name="analytics",
        aws_region="us-east-1",
        credentials_id=credentials.credentials_id,
        storage_configuration_id=storage.storage_configuration_id,
        network_id=network.network_id,
        custom_tags={"unit": "science"},
    ).response
    assert made.workspace_status is provisioning.WorkspaceStatus.PROVISIONING
    place.clock.seconds += 1
    found = account.workspaces.get(made.workspace_id)
    assert found.workspace_status is provisioning.WorkspaceStatus.RUNNING
    assert found.custom_tags == {"unit": "science"}
    assert [one.workspace_name for one in account.workspaces.list()] == ["analytics"]
    attached = account.networks.get(network.network_id)
    assert (attached.workspace_id, attached.vpc_status) == (made.workspace_id, provisioning.VpcStatus.VALID)

    with pytest.raises(InvalidState, match="used by workspace analytics"):
        account.credentials.delete(credentials.credentials_id)
    with pytest.raises(InvalidState, match="used by workspace"):
        account.networks.delete(network.network_id)
    account.workspaces.delete(made.workspace_id)
    with pytest.raises(NotFound):
        account.workspaces.get(made.workspace_id)
    account.credentials.delete(credentials.credentials_id)
    assert account.networks.get(network.network_id).vpc_status is provisioning.VpcStatus.UNATTACHED


def test_parts_must_be_there_and_names_are_given_once(place: Place) -> None:
    account = place.account
    place.workspace("analytics")
    with pytest.raises(NotFound, match="Credentials nothing does not exist"):
        account.workspaces.create(
            workspace_name="other", aws_region="us-east-1", credentials_id="nothing", storage_configuration_id="none"
        )
    bucket = provisioning.RootBucketInfo(bucket_name="another")
    with pytest.raises(ResourceAlreadyExists):
        account.storage.create(storage_configuration_name="ANALYTICS-root", root_bucket_info=bucket)
    with pytest.raises(DatabricksError, match="two subnets"):
        account.networks.create(network_name="n", vpc_id="v", subnet_ids=["subnet-1"], security_group_ids=["sg-1"])
    wrong = provisioning.CreateCredentialStsRole(role_arn="arn:aws:s3:::bucket")
    with pytest.raises(DatabricksError, match="Invalid role ARN"):
        account.credentials.create(
            credentials_name="w", aws_credentials=provisioning.CreateCredentialAwsCredentials(sts_role=wrong)
        )


def test_private_link_needs_both_endpoints_and_access_settings(place: Place) -> None:
    account = place.account
    rest = account.vpc_endpoints.create(vpc_endpoint_name="rest", aws_vpc_endpoint_id="vpce-1", region="us-east-1")
    relay = account.vpc_endpoints.create(
        vpc_endpoint_name="scc-relay", aws_vpc_endpoint_id="vpce-2", region="us-east-1"
    )
    assert rest.use_case is provisioning.EndpointUseCase.WORKSPACE_ACCESS
    assert relay.use_case is provisioning.EndpointUseCase.DATAPLANE_RELAY_ACCESS
    both = provisioning.NetworkVpcEndpoints(rest_api=[rest.vpc_endpoint_id], dataplane_relay=[relay.vpc_endpoint_id])
    swapped = provisioning.NetworkVpcEndpoints(rest_api=[relay.vpc_endpoint_id], dataplane_relay=[rest.vpc_endpoint_id])
    parts = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}
    with pytest.raises(DatabricksError, match="DATAPLANE_RELAY_ACCESS, not for WORKSPACE_ACCESS"):
        account.networks.create(network_name="wrong", vpc_endpoints=swapped, **parts)  # type: ignore[arg-type]
    network = account.networks.create(network_name="private", vpc_endpoints=both, **parts)  # type: ignore[arg-type]
    with pytest.raises(InvalidState, match="network private"):
        account.vpc_endpoints.delete(rest.vpc_endpoint_id)
    existing = place.workspace("first")
    one = account.workspaces.get(existing)
    wanted = {
        "workspace_name": "private",
        "aws_region": "us-east-1",
        "credentials_id": one.credentials_id,
        "storage_configuration_id": one.storage_configuration_id,
        "network_id": network.network_id,
    }
    with pytest.raises(InvalidParameterValue, match="private access settings"):
        account.workspaces.create(**wanted)  # type: ignore[arg-type]
    settings = account.private_access.create(private_access_settings_name="p", region="us-east-1")
    made = account.workspaces.create(
        private_access_settings_id=settings.private_access_settings_id,
        **wanted,  # type: ignore[arg-type]
    ).response
    assert made.private_access_settings_id == settings.private_access_settings_id


def test_a_key_is_used_for_what_it_is_made_for(place: Place) -> None:
    account = place.account
    info = provisioning.CreateAwsKeyInfo(key_arn="arn:aws:kms:us-east-1:111111111111:key/abc")
    key = account.encryption_keys.create(aws_key_info=info, use_cases=[provisioning.KeyUseCase.STORAGE])
    assert key.aws_key_info.key_region == "us-east-1"
    one = account.workspaces.get(place.workspace("first"))
    with pytest.raises(InvalidParameterValue, match="not for MANAGED_SERVICES"):
        account.workspaces.create(
            workspace_name="second",
            aws_region="us-east-1",
            credentials_id=one.credentials_id,
            storage_configuration_id=one.storage_configuration_id,
            managed_services_customer_managed_key_id=key.customer_managed_key_id,
        )


def test_one_metastore_for_each_region_and_one_for_each_workspace(place: Place) -> None:
    account = place.account
    east, west = place.workspace("east"), place.workspace("west", "us-west-2")
    first = place.metastore(east)
    with pytest.raises(DatabricksError, match="has reached the limit for metastores in region us-east-1"):
        place.metastore()
    with pytest.raises(InvalidParameterValue, match="region us-west-2"):
        account.metastore_assignments.create(west, first)
    second = place.metastore(west, region="us-west-2")
    with pytest.raises(DatabricksError, match="region"):
        account.metastore_assignments.create(east, second)
    assert account.metastore_assignments.get(east).metastore_assignment.metastore_id == first
    assert list(account.metastore_assignments.list(first)) == [east]
    with pytest.raises(DatabricksError, match="1 assigned workspace"):
        account.metastores.delete(first)
    account.metastore_assignments.delete(east, first)
    account.metastores.delete(first)
    assert [one.name for one in account.metastores.list()] == ["main-us-west-2"]


def test_budgets_keep_their_alerts(place: Place) -> None:
    alert = billing.CreateBudgetConfigurationBudgetAlertConfigurations(
        time_period=billing.AlertConfigurationTimePeriod.MONTH,
        trigger_type=billing.AlertConfigurationTriggerType.CUMULATIVE_SPENDING_EXCEEDED,
        quantity_type=billing.AlertConfigurationQuantityType.LIST_PRICE_DOLLARS_USD,
        quantity_threshold="100",
        action_configurations=[
            billing.CreateBudgetConfigurationBudgetActionConfigurations(
                action_type=billing.ActionConfigurationType.EMAIL_NOTIFICATION, target="team@example.com"
            )
        ],
    )
    wanted = billing.CreateBudgetConfigurationBudget(display_name="all", alert_configurations=[alert])
    made = place.account.budgets.create(wanted).budget
    found = place.account.budgets.get(made.budget_configuration_id).budget
    assert found.alert_configurations[0].action_configurations[0].target == "team@example.com"
    alert.quantity_threshold = "-1"
    with pytest.raises(InvalidParameterValue, match="positive"):
        place.account.budgets.create(wanted)


def test_who_has_no_valid_secret_gets_no_token(place: Place) -> None:
    wrong = AccountClient(
        host=place.databricks.host,
        account_id=place.databricks.account_id,
        client_id=place.databricks.client_id,
        client_secret="dose0",
        auth_type="oauth-m2m",
    )
    with pytest.raises(ValueError, match="invalid_client"):
        list(wrong.workspaces.list())
    request = urllib.request.Request(
        f"{place.databricks.host}/api/2.0/accounts/{place.databricks.account_id}/workspaces"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 401
    refused.value.close()


def test_an_unknown_path_is_answered_as_databricks_does_and_counted(place: Place) -> None:
    with pytest.raises(NotFound, match=r"No API found for 'GET /api/2.0/nothing/here'"):
        place.account.api_client.do("GET", "/api/2.0/nothing/here")
    assert place.databricks.coverage.as_facts()["unimplemented"] == {"GET:/api/2.0/nothing/here": 1}


def test_only_administrators_of_the_account_change_it(place: Place) -> None:
    account = place.account
    made = account.service_principals_v2.create(display_name="robot")
    secret = account.service_principal_secrets.create(made.id)
    robot = AccountClient(
        host=place.databricks.host,
        account_id=place.databricks.account_id,
        client_id=made.application_id,
        client_secret=secret.secret,
        auth_type="oauth-m2m",
    )
    with pytest.raises(DatabricksError, match="Only account admins"):
        list(robot.workspaces.list())
    info = catalog.CreateAccountsMetastore(name="mine", region="us-east-1")
    with pytest.raises(DatabricksError, match="Only account admins"):
        robot.metastores.create(metastore_info=info)
