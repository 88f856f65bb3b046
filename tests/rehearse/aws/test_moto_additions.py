"""What was added to moto, through boto3: answers as AWS's API reference has them. Each was needed by Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.local import LocalAws, local_aws

ACCOUNT = "111111111111"
TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT], tmp_path_factory.mktemp("aws")) as running:
        yield running


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def answered(call: Any, **parameters: Any) -> dict[str, Any]:
    found: dict[str, Any] = call(**parameters)
    del found["ResponseMetadata"]
    return found


def test_kms_tells_the_period_of_a_rotation(aws: LocalAws) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert answered(kms.get_key_rotation_status, KeyId=key) == {"KeyRotationEnabled": False}
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 90


# DMS


@pytest.fixture(scope="module")
def replication(aws: LocalAws) -> dict[str, str]:
    """ARNs of an instance and two endpoints."""
    ec2, dms = aws.client("ec2"), aws.client("dms")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for n, zone in enumerate("ab")
    ]
    ids = [one["SubnetId"] for one in subnets]
    describe = {"ReplicationSubnetGroupIdentifier": "Net", "ReplicationSubnetGroupDescription": "net"}
    error = refused(dms.create_replication_subnet_group, **describe, SubnetIds=ids[:1])
    assert error[0] == "ReplicationSubnetGroupDoesNotCoverEnoughAZs"
    group = dms.create_replication_subnet_group(**describe, SubnetIds=ids)["ReplicationSubnetGroup"]
    assert (group["ReplicationSubnetGroupIdentifier"], group["VpcId"]) == ("net", vpc)
    instance = dms.create_replication_instance(
        ReplicationInstanceIdentifier="main",
        ReplicationInstanceClass="dms.t3.medium",
        ReplicationSubnetGroupIdentifier="net",
        Tags=[{"Key": "team", "Value": "data"}],
    )["ReplicationInstance"]
    assert instance["ReplicationSubnetGroup"]["VpcId"] == vpc
    source = dms.create_endpoint(
        EndpointIdentifier="Shop",
        EndpointType="source",
        EngineName="postgres",
        ServerName="db.internal",
        Password="secret",
    )["Endpoint"]
    target = dms.create_endpoint(
        EndpointIdentifier="lake",
        EndpointType="target",
        EngineName="s3",
        S3Settings={"BucketName": "lake", "ServiceAccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/dms"},
    )["Endpoint"]
    return {
        "instance": instance["ReplicationInstanceArn"],
        "source": source["EndpointArn"],
        "target": target["EndpointArn"],
    }


def test_dms_tells_no_password_and_times_as_times(aws: LocalAws, replication: dict[str, str]) -> None:
    dms = aws.client("dms")
    (endpoint,) = dms.describe_endpoints(Filters=[{"Name": "endpoint-id", "Values": ["shop"]}])["Endpoints"]
    assert "Password" not in endpoint
    assert (endpoint["EndpointType"], endpoint["EngineDisplayName"]) == ("SOURCE", "PostgreSQL")
    (instance,) = dms.describe_replication_instances()["ReplicationInstances"]
    assert instance["InstanceCreateTime"].year >= 2024
    tags = dms.list_tags_for_resource(ResourceArn=replication["instance"])["TagList"]
    assert [(one["Key"], one["Value"]) for one in tags] == [("team", "data")]


def test_dms_refuses_what_is_missing_taken_or_in_use(aws: LocalAws, replication: dict[str, str]) -> None:
    dms = aws.client("dms")
    missing = [{"Name": "replication-task-id", "Values": ["none"]}]
    assert refused(dms.describe_replication_tasks, Filters=missing)[0] == "ResourceNotFoundFault"
    again = {"EndpointIdentifier": "shop", "EndpointType": "source", "EngineName": "postgres"}
    assert refused(dms.create_endpoint, **again)[0] == "ResourceAlreadyExistsFault"
    groups = {"ReplicationSubnetGroupIdentifier": "net"}
    assert refused(dms.delete_replication_subnet_group, **groups)[0] == "InvalidResourceStateFault"


def test_a_dms_task_starts_stops_changes_and_goes(aws: LocalAws, replication: dict[str, str]) -> None:
    dms = aws.client("dms")
    ends = {"SourceEndpointArn": replication["source"], "TargetEndpointArn": replication["target"]}
    task = dms.create_replication_task(
        ReplicationTaskIdentifier="shop",
        ReplicationInstanceArn=replication["instance"],
        MigrationType="full-load-and-cdc",
        TableMappings="{}",
        **ends,
    )["ReplicationTask"]
    arn = task["ReplicationTaskArn"]
    assert task["Status"] == "ready"
    start = dms.start_replication_task
    kind = "StartReplicationTaskType"
    assert refused(start, ReplicationTaskArn=arn, **{kind: "resume-processing"})[0].startswith("InvalidParameter")
    start(ReplicationTaskArn=arn, **{kind: "start-replication"})
    assert dms.describe_replication_tasks()["ReplicationTasks"][0]["Status"] == "running"
    for call in (dms.delete_replication_task, dms.modify_replication_task):
        assert refused(call, ReplicationTaskArn=arn)[0] == "InvalidResourceStateFault"
    for endpoint in ends.values():
        assert refused(dms.delete_endpoint, EndpointArn=endpoint)[0] == "InvalidResourceStateFault"
    dms.stop_replication_task(ReplicationTaskArn=arn)
    dms.modify_replication_task(ReplicationTaskArn=arn, MigrationType="cdc")
    (found,) = dms.describe_replication_tasks()["ReplicationTasks"]
    assert (found["Status"], found["MigrationType"]) == ("stopped", "cdc")
    dms.delete_replication_task(ReplicationTaskArn=arn)
    assert dms.describe_replication_tasks()["ReplicationTasks"] == []


def test_serverless_dms_has_a_configuration_and_a_state(aws: LocalAws, replication: dict[str, str]) -> None:
    dms = aws.client("dms")
    config = dms.create_replication_config(
        ReplicationConfigIdentifier="Serverless",
        SourceEndpointArn=replication["source"],
        TargetEndpointArn=replication["target"],
        ComputeConfig={"MaxCapacityUnits": 4},
        ReplicationType="cdc",
        TableMappings="{}",
    )["ReplicationConfig"]
    arn = config["ReplicationConfigArn"]
    assert dms.describe_replications()["Replications"][0]["Status"] == "created"
    dms.start_replication(ReplicationConfigArn=arn, StartReplicationType="start-replication")
    assert refused(dms.delete_replication_config, ReplicationConfigArn=arn)[0] == "InvalidResourceStateFault"
    dms.stop_replication(ReplicationConfigArn=arn)
    dms.modify_replication_config(ReplicationConfigArn=arn, ReplicationType="full-load-and-cdc")
    assert dms.describe_replication_configs()["ReplicationConfigs"][0]["ReplicationType"] == "full-load-and-cdc"
    dms.delete_replication_config(ReplicationConfigArn=arn)
    assert dms.describe_replication_configs()["ReplicationConfigs"] == []


# S3


@pytest.mark.parametrize(
    ("name", "put", "member", "configuration"),
    [
        (
            "intelligent_tiering_configuration",
            "IntelligentTieringConfiguration",
            "IntelligentTieringConfiguration",
            {"Id": "a", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
        ),
        ("metrics_configuration", "MetricsConfiguration", "MetricsConfiguration", {"Id": "a"}),
        (
            "analytics_configuration",
            "AnalyticsConfiguration",
            "AnalyticsConfiguration",
            {"Id": "a", "StorageClassAnalysis": {}},
        ),
    ],
)
def test_s3_keeps_sub_resources_as_they_came(
    aws: LocalAws, name: str, put: str, member: str, configuration: dict[str, Any]
) -> None:
    s3, bucket = aws.client("s3"), f"sub-{name.split('_')[0]}"
    s3.create_bucket(Bucket=bucket)
    get = getattr(s3, f"get_bucket_{name}")
    assert refused(get, Bucket=bucket, Id="a")[0] == "NoSuchConfiguration"
    getattr(s3, f"put_bucket_{name}")(Bucket=bucket, Id="a", **{put: configuration})
    assert get(Bucket=bucket, Id="a")[member] == configuration
    assert getattr(s3, f"list_bucket_{name}s")(Bucket=bucket)[f"{member}List"] == [configuration]
    getattr(s3, f"delete_bucket_{name}")(Bucket=bucket, Id="a")
    assert refused(get, Bucket=bucket, Id="a")[0] == "NoSuchConfiguration"
    s3.head_bucket(Bucket=bucket)  # deleting the inventory of a bucket must not delete the bucket
    s3.delete_bucket(Bucket=bucket)


def test_s3_remembers_that_event_bridge_is_told(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="telling")
    s3.put_bucket_notification_configuration(
        Bucket="telling", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    assert s3.get_bucket_notification_configuration(Bucket="telling")["EventBridgeConfiguration"] == {}
    s3.put_bucket_notification_configuration(Bucket="telling", NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket="telling")


def test_moto_does_not_judge_bucket_policies(aws: LocalAws) -> None:
    """It denies whatever has a condition; judging is the gates'."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="only-tls")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="only-tls", Policy=json.dumps({"Statement": [statement]}))
    s3.head_bucket(Bucket="only-tls")


# Lake Formation


@pytest.mark.parametrize(
    "resource",
    [
        {"Catalog": {}},
        {"Database": {"Name": "gold"}},
        {"Table": {"DatabaseName": "gold", "TableWildcard": {}}},
        {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake"}},
        {"LFTag": {"TagKey": "pii", "TagValues": ["yes"]}},
        {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "pii", "TagValues": ["no"]}]}},
        {"DataCellsFilter": {"TableCatalogId": ACCOUNT, "DatabaseName": "gold", "TableName": "t", "Name": "f"}},
    ],
    ids=lambda one: "/".join((next(iter(one.items()))[1] and [next(iter(one))]) or ["Catalog"]),
)
def test_lake_formation_grants_lists_and_revokes(aws: LocalAws, resource: dict[str, Any]) -> None:
    lake = aws.client("lakeformation")
    who = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/{next(iter(resource))}"}
    words = "No permissions revoked. Grantee has no permissions and no grantable permissions on resource"
    asked = {"Principal": who, "Resource": resource}
    code, message = refused(lake.revoke_permissions, **asked, Permissions=["ALL"])
    assert (code, words in message) == ("InvalidInputException", True)
    lake.grant_permissions(**asked, Permissions=["DESCRIBE"], PermissionsWithGrantOption=["DESCRIBE"])
    lake.grant_permissions(**asked, Permissions=["ALTER"])
    (found,) = lake.list_permissions(**asked)["PrincipalResourcePermissions"]
    assert (found["Permissions"], found["PermissionsWithGrantOption"]) == (["ALTER", "DESCRIBE"], ["DESCRIBE"])
    lake.revoke_permissions(**asked, Permissions=["ALTER", "DESCRIBE"], PermissionsWithGrantOption=["DESCRIBE"])
    assert lake.list_permissions(**asked)["PrincipalResourcePermissions"] == []


def test_asked_for_a_table_lake_formation_tells_of_its_columns_too(aws: LocalAws) -> None:
    lake = aws.client("lakeformation")
    who = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/columns"}
    columns = {"DatabaseName": "gold", "Name": "sales", "ColumnNames": ["b", "a"]}
    lake.grant_permissions(Principal=who, Resource={"TableWithColumns": columns}, Permissions=["SELECT"])
    table = {"Table": {"DatabaseName": "gold", "Name": "sales", "CatalogId": ACCOUNT}}
    (found,) = lake.list_permissions(Principal=who, Resource=table)["PrincipalResourcePermissions"]
    assert found["Resource"]["TableWithColumns"]["ColumnNames"] == ["b", "a"]
    same = {"TableWithColumns": {**columns, "ColumnNames": ["a", "b"], "CatalogId": ACCOUNT}}
    lake.revoke_permissions(Principal=who, Resource=same, Permissions=["SELECT"])


def test_data_cells_filters_are_kept(aws: LocalAws) -> None:
    lake = aws.client("lakeformation")
    named = {"TableCatalogId": ACCOUNT, "DatabaseName": "gold", "TableName": "sales", "Name": "tenant-1"}
    data = {**named, "RowFilter": {"FilterExpression": "tenant_id = 1"}, "ColumnWildcard": {}}
    lake.create_data_cells_filter(TableData=data)
    assert refused(lake.create_data_cells_filter, TableData=data)[0] == "AlreadyExistsException"
    found = lake.get_data_cells_filter(**named)["DataCellsFilter"]
    assert {name: found[name] for name in data} == data
    lake.update_data_cells_filter(TableData={**data, "RowFilter": {"FilterExpression": "tenant_id = 2"}})
    table = {"CatalogId": ACCOUNT, "DatabaseName": "gold", "Name": "sales"}
    (listed,) = lake.list_data_cells_filter(Table=table)["DataCellsFilters"]
    assert listed["RowFilter"]["FilterExpression"] == "tenant_id = 2"
    lake.delete_data_cells_filter(**named)
    assert refused(lake.get_data_cells_filter, **named)[0] == "EntityNotFoundException"


def test_opt_ins_and_locations_are_kept(aws: LocalAws) -> None:
    lake = aws.client("lakeformation")
    who = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/opted"}
    lake.create_lake_formation_opt_in(Principal=who, Resource={"Database": {"Name": "gold"}})
    (found,) = lake.list_lake_formation_opt_ins(Principal=who)["LakeFormationOptInsInfoList"]
    assert found["LastUpdatedBy"] == f"arn:aws:iam::{ACCOUNT}:root"  # the provider crashes without it
    lake.delete_lake_formation_opt_in(Principal=who, Resource={"Database": {"Name": "gold"}})
    bucket = "arn:aws:s3:::lake-gold"
    lake.register_resource(ResourceArn=bucket, UseServiceLinkedRole=True, HybridAccessEnabled=True)
    told = lake.describe_resource(ResourceArn=bucket)["ResourceInfo"]
    assert told["RoleArn"].endswith("AWSServiceRoleForLakeFormationDataAccess")
    assert told["HybridAccessEnabled"] is True
    lake.update_resource(ResourceArn=bucket, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/lake")
    assert lake.describe_resource(ResourceArn=bucket)["ResourceInfo"]["RoleArn"].endswith("role/lake")
    lake.deregister_resource(ResourceArn=bucket)


# Glue and Athena


def test_glue_changes_in_place(aws: LocalAws) -> None:
    glue = aws.client("glue")
    role, script = f"arn:aws:iam::{ACCOUNT}:role/g", {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}
    glue.create_job(Name="j", Role=role, Command=script, Timeout=60, MaxRetries=1, DefaultArguments={"--a": "1"})
    glue.update_job(JobName="j", JobUpdate={"Role": role, "Command": script, "Timeout": 30})
    job = glue.get_job(JobName="j")["Job"]
    assert (job["Timeout"], job["DefaultArguments"], job["ExecutionClass"]) == (30, {}, "STANDARD")
    glue.create_crawler(Name="c", Role=role, DatabaseName="gold", Targets={"S3Targets": [{"Path": "s3://lake/a"}]})
    glue.update_crawler(Name="c", Schedule="cron(0 1 * * ? *)", TablePrefix="raw_")
    crawler = glue.get_crawler(Name="c")["Crawler"]
    assert (crawler["TablePrefix"], crawler["Targets"]["S3Targets"][0]["Path"]) == ("raw_", "s3://lake/a")
    glue.create_trigger(Name="t", Type="SCHEDULED", Schedule="cron(0 1 * * ? *)", Actions=[{"JobName": "j"}])
    glue.update_trigger(Name="t", TriggerUpdate={"Schedule": "cron(0 2 * * ? *)"})
    trigger = glue.get_trigger(Name="t")["Trigger"]
    assert (trigger["Schedule"], trigger["Actions"]) == ("cron(0 2 * * ? *)", [{"JobName": "j"}])


def test_glue_connections_and_quality_rulesets(aws: LocalAws) -> None:
    glue = aws.client("glue")
    properties = {"JDBC_CONNECTION_URL": "jdbc:postgresql://db/shop"}
    connection = {"Name": "shop", "ConnectionType": "JDBC", "ConnectionProperties": properties}
    glue.create_connection(ConnectionInput=connection)
    assert glue.get_connection(Name="shop")["Connection"]["ConnectionType"] == "JDBC"
    glue.delete_connection(ConnectionName="shop")
    assert refused(glue.get_connection, Name="shop")[0] == "EntityNotFoundException"
    table = {"TableName": "sales", "DatabaseName": "gold"}
    glue.create_data_quality_ruleset(Name="q", Ruleset='Rules = [IsComplete "id"]', TargetTable=table)
    glue.update_data_quality_ruleset(Name="q", Ruleset="Rules = [RowCount > 1]")
    found = glue.get_data_quality_ruleset(Name="q")
    assert (found["Ruleset"], found["TargetTable"]) == ("Rules = [RowCount > 1]", table)
    glue.delete_data_quality_ruleset(Name="q")
    assert refused(glue.get_data_quality_ruleset, Name="q")[0] == "EntityNotFoundException"


def test_athena_changes_and_deletes(aws: LocalAws) -> None:
    athena = aws.client("athena")
    result = {"OutputLocation": "s3://results/", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}
    limits = {"BytesScannedCutoffPerQuery": 10_485_760, "ResultConfiguration": result}
    athena.create_work_group(Name="team", Configuration=limits)
    arn = f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/team"
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    updates = {"RemoveBytesScannedCutoffPerQuery": True, "ResultConfigurationUpdates": {"RemoveEncryptionConfiguration": True}}  # fmt: skip # noqa: E501
    athena.update_work_group(WorkGroup="team", ConfigurationUpdates=updates, State="DISABLED")
    found = athena.get_work_group(WorkGroup="team")["WorkGroup"]
    assert found["State"] == "DISABLED"
    assert "BytesScannedCutoffPerQuery" not in found["Configuration"]
    assert found["Configuration"]["ResultConfiguration"] == {"OutputLocation": "s3://results/"}
    query = athena.create_named_query(Name="n", Database="gold", QueryString="SELECT 1", WorkGroup="team")
    assert refused(athena.delete_work_group, WorkGroup="team")[0] == "InvalidRequestException"
    athena.delete_named_query(NamedQueryId=query["NamedQueryId"])
    athena.create_prepared_statement(StatementName="s", WorkGroup="team", QueryStatement="SELECT ?")
    athena.update_prepared_statement(StatementName="s", WorkGroup="team", QueryStatement="SELECT 2")
    statement = athena.get_prepared_statement(StatementName="s", WorkGroup="team")["PreparedStatement"]
    assert statement["QueryStatement"] == "SELECT 2"
    athena.delete_work_group(WorkGroup="team", RecursiveDeleteOption=True)
    assert refused(athena.get_prepared_statement, StatementName="s", WorkGroup="team")[0] == "ResourceNotFoundException"


# the others


def test_budgets_tell_their_subscribers_and_tags(aws: LocalAws) -> None:
    budgets = aws.client("budgets")
    named = {"AccountId": ACCOUNT, "BudgetName": "monthly"}
    budget = {"BudgetName": "monthly", "BudgetLimit": {"Amount": "200", "Unit": "USD"}, "TimeUnit": "MONTHLY"}
    notice = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    person = {"SubscriptionType": "EMAIL", "Address": "a@example.org"}
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget={**budget, "BudgetType": "COST"},
        NotificationsWithSubscribers=[{"Notification": notice, "Subscribers": [person]}],
        ResourceTags=[{"Key": "made", "Value": "with"}],
    )
    asked = {**named, "Notification": {**notice, "ThresholdType": "PERCENTAGE"}}
    assert budgets.describe_subscribers_for_notification(**asked)["Subscribers"] == [person]
    more = {**budget, "BudgetType": "COST", "BudgetLimit": {"Amount": "300", "Unit": "USD"}}
    budgets.update_budget(AccountId=ACCOUNT, NewBudget=more)
    assert budgets.describe_budget(**named)["Budget"]["BudgetLimit"]["Amount"] == "300"
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/monthly"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "made", "Value": "with"}]
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["made"])
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "team", "Value": "data"}])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "team", "Value": "data"}]


def test_anomalies_of_cost_are_watched(aws: LocalAws) -> None:
    ce = aws.client("ce")
    monitor = {"MonitorName": "m", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    arn = ce.create_anomaly_monitor(AnomalyMonitor=monitor)["MonitorArn"]
    ce.update_anomaly_monitor(MonitorArn=arn, MonitorName="n")
    (found,) = ce.get_anomaly_monitors(MonitorArnList=[arn])["AnomalyMonitors"]
    assert (found["MonitorName"], found["MonitorDimension"]) == ("n", "SERVICE")
    ce.delete_anomaly_monitor(MonitorArn=arn)
    assert refused(ce.delete_anomaly_monitor, MonitorArn=arn)[0] == "UnknownMonitorException"


def test_a_composite_alarm_has_its_rule(aws: LocalAws) -> None:
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(a) OR ALARM(b)")
    (found,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert found["AlarmRule"] == "ALARM(a) OR ALARM(b)"


def test_step_functions_check_definitions(aws: LocalAws) -> None:
    states = aws.client("stepfunctions")
    good = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
    assert states.validate_state_machine_definition(definition=good)["result"] == "OK"
    assert states.validate_state_machine_definition(definition='{"StartAt": "b", "States": {}}')["result"] == "FAIL"
    assert states.validate_state_machine_definition(definition="{")["result"] == "FAIL"


def test_a_database_parameter_that_was_set_says_so(aws: LocalAws) -> None:
    rds = aws.client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="p", DBParameterGroupFamily="postgres16", Description="p")
    parameter = {"ParameterName": "rds.logical_replication", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName="p", Parameters=[parameter])
    found = rds.describe_db_parameters(DBParameterGroupName="p", Source="user")["Parameters"]
    assert [one["ParameterName"] for one in found if one.get("Source") == "user"] == ["rds.logical_replication"]


def test_a_zone_with_a_network_is_private_and_can_be_shared(aws: LocalAws) -> None:
    route53, vpc = aws.client("route53"), aws.client("ec2").create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    network = {"VPCRegion": "us-east-1", "VPCId": vpc}
    zone = route53.create_hosted_zone(Name="lake.internal", CallerReference="1", VPC=network)["HostedZone"]
    assert zone["Config"]["PrivateZone"] is True
    key = zone["Id"].rpartition("/")[2]
    route53.create_vpc_association_authorization(HostedZoneId=key, VPC=network)
    assert route53.list_vpc_association_authorizations(HostedZoneId=key)["VPCs"] == [network]
    route53.delete_vpc_association_authorization(HostedZoneId=key, VPC=network)
    assert route53.list_vpc_association_authorizations(HostedZoneId=key)["VPCs"] == []


def test_shares_are_found_by_arn_with_tags(aws: LocalAws) -> None:
    ram = aws.client("ram")
    made = [ram.create_resource_share(name=name, tags=[{"key": "n", "value": name}]) for name in ("a", "b")]
    arn = made[1]["resourceShare"]["resourceShareArn"]
    (found,) = ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"]
    assert (found["name"], found["tags"]) == ("b", [{"key": "n", "value": "b"}])
    ram.associate_resource_share(resourceShareArn=arn, principals=["222222222222"])
    asked = {"associationType": "PRINCIPAL", "resourceShareArns": [arn]}
    (one,) = ram.get_resource_share_associations(**asked)["resourceShareAssociations"]
    assert one["associatedEntity"] == "222222222222"
    ram.disassociate_resource_share(resourceShareArn=arn, principals=["222222222222"])
    assert ram.get_resource_share_associations(**asked)["resourceShareAssociations"] == []


def test_rules_of_security_groups_keep_what_they_say(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    group, other = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("one", "other")
    )
    port = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ends = [
        {"IpRanges": [{"CidrIp": "10.3.0.0/24", "Description": "said"}]},
        {"UserIdGroupPairs": [{"GroupId": other, "Description": "said"}]},
        {"PrefixListIds": [{"PrefixListId": "pl-1", "Description": "said"}]},
    ]
    for end in ends:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[port | end])
    asked = {"Filters": [{"Name": "group-id", "Values": [group]}]}
    rules = [one for one in ec2.describe_security_group_rules(**asked)["SecurityGroupRules"] if not one["IsEgress"]]
    assert [one["Description"] for one in rules] == ["said"] * 3
    (pair,) = (one for one in rules if "ReferencedGroupInfo" in one)
    new = {**port, "ReferencedGroupId": other, "Description": "changed", "ToPort": 444}
    changed = [{"SecurityGroupRuleId": pair["SecurityGroupRuleId"], "SecurityGroupRule": new}]
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=changed)
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[pair["SecurityGroupRuleId"]])
    (rule,) = found["SecurityGroupRules"]
    assert (rule["Description"], rule["ToPort"], rule["ReferencedGroupInfo"]["GroupId"]) == ("changed", 444, other)
