"""DMS, Glue, Athena, Lake Formation.

Documentation: Service Authorization Reference, the pages of AWS Database Migration Service, AWS Glue, Amazon Athena and
AWS Lake Formation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakewright.rehearse.aws.authorisation.needs import Need, Table
from lakewright.rehearse.aws.gate import Asked

DMS = Table(
    "dms",
    {
        "{ReplicationTaskArn}": "StartReplicationTask StopReplicationTask ModifyReplicationTask DeleteReplicationTask"
        " DescribeTableStatistics ReloadTables StartReplicationTaskAssessment MoveReplicationTask",
        "{ReplicationInstanceArn}": "CreateReplicationTask ModifyReplicationInstance DeleteReplicationInstance"
        " RebootReplicationInstance TestConnection RefreshSchemas ApplyPendingMaintenanceAction",
        "{SourceEndpointArn}": "CreateReplicationTask CreateReplicationConfig",
        "{TargetEndpointArn}": "CreateReplicationTask CreateReplicationConfig",
        "{EndpointArn}": "ModifyEndpoint DeleteEndpoint TestConnection RefreshSchemas DeleteConnection",
        "task:*": "CreateReplicationTask",
        "rep:*": "CreateReplicationInstance",
        "endpoint:*": "CreateEndpoint",
        "subgrp:{ReplicationSubnetGroupIdentifier}": "CreateReplicationSubnetGroup ModifyReplicationSubnetGroup"
        " DeleteReplicationSubnetGroup",
        "replication-config:*": "CreateReplicationConfig",
        "{ReplicationConfigArn}": "StartReplication StopReplication ModifyReplicationConfig DeleteReplicationConfig"
        " DescribeReplicationTableStatistics ReloadReplicationTables",
        "{CertificateArn}": "DeleteCertificate",
        "es:{SubscriptionName}": "CreateEventSubscription ModifyEventSubscription DeleteEventSubscription",
        "{ResourceArn}": "AddTagsToResource ListTagsForResource RemoveTagsFromResource",
    },
)

_GLUE = Table(
    "glue",
    {
        "job/{JobName}": "StartJobRun GetJobRun GetJobRuns BatchStopJobRun GetJob UpdateJob DeleteJob GetJobBookmark"
        " ResetJobBookmark",
        "job/{Name}": "CreateJob",
        "job/{JobNames}": "BatchGetJobs",
        "crawler/{Name}": "CreateCrawler GetCrawler UpdateCrawler DeleteCrawler StartCrawler StopCrawler",
        "crawler/{CrawlerName}": "UpdateCrawlerSchedule StartCrawlerSchedule StopCrawlerSchedule ListCrawls",
        "crawler/{CrawlerNames}": "BatchGetCrawlers",
        "trigger/{Name}": "CreateTrigger GetTrigger UpdateTrigger DeleteTrigger StartTrigger StopTrigger",
        "workflow/{Name}": "CreateWorkflow GetWorkflow UpdateWorkflow DeleteWorkflow StartWorkflowRun GetWorkflowRun"
        " GetWorkflowRuns GetWorkflowRunProperties PutWorkflowRunProperties StopWorkflowRun ResumeWorkflowRun",
        "dataQualityRuleset/{Name}": "CreateDataQualityRuleset GetDataQualityRuleset UpdateDataQualityRuleset"
        " DeleteDataQualityRuleset",
        "connection/{Name}": "GetConnection UpdateConnection",
        "connection/{ConnectionInput.Name}": "CreateConnection",
        "connection/{ConnectionName}": "DeleteConnection",
        "{ResourceArn}": "TagResource UntagResource GetTags",
        "catalog": "GetDatabases CreateDatabase GetDatabase UpdateDatabase DeleteDatabase GetTables GetTable"
        " CreateTable UpdateTable DeleteTable BatchDeleteTable"
        " GetPartition GetPartitions BatchGetPartition CreatePartition"
        " BatchCreatePartition UpdatePartition BatchUpdatePartition DeletePartition BatchDeletePartition"
        " GetTableVersion GetTableVersions DeleteTableVersion SearchTables GetUserDefinedFunctions GetConnection"
        " CreateConnection DeleteConnection UpdateConnection GetConnections GetPartitionIndexes CreatePartitionIndex"
        " DeletePartitionIndex GetColumnStatisticsForTable UpdateColumnStatisticsForTable"
        " GetDataCatalogEncryptionSettings PutDataCatalogEncryptionSettings",
        "database/{Name}": "GetDatabase UpdateDatabase DeleteDatabase",
        "database/{DatabaseInput.Name}": "CreateDatabase",
        "database/{DatabaseName}": "GetTables GetTable CreateTable UpdateTable DeleteTable BatchDeleteTable"
        " GetPartition GetPartitions BatchGetPartition CreatePartition BatchCreatePartition UpdatePartition"
        " BatchUpdatePartition DeletePartition BatchDeletePartition GetTableVersion GetTableVersions"
        " DeleteTableVersion GetUserDefinedFunctions GetPartitionIndexes CreatePartitionIndex DeletePartitionIndex"
        " GetColumnStatisticsForTable UpdateColumnStatisticsForTable",
        "table/{DatabaseName}/{Name}": "GetTable DeleteTable",
        "table/{DatabaseName}/{TableInput.Name}": "CreateTable UpdateTable",
        "table/{DatabaseName}/{TablesToDelete}": "BatchDeleteTable",
        "table/{DatabaseName}/{TableName}": "GetPartition GetPartitions BatchGetPartition CreatePartition"
        " BatchCreatePartition UpdatePartition BatchUpdatePartition DeletePartition BatchDeletePartition"
        " GetTableVersion GetTableVersions DeleteTableVersion GetPartitionIndexes CreatePartitionIndex"
        " DeletePartitionIndex GetColumnStatisticsForTable UpdateColumnStatisticsForTable",
        "table/{DatabaseName}/*": "GetTables",
        "database/*": "GetDatabases",
    },
)


_OF_CATALOG = ("catalog", "database/", "table/", "userDefinedFunction/")


def glue_needs(asked: Asked) -> Iterator[Need]:
    """Catalogs named by account are that account's. A catalog carries one policy, for all that is in it (Glue Developer
    Guide, "Resource-based policies for AWS Glue")."""
    owner = str(asked.parameters.get("CatalogId") or asked.account)
    for need in _GLUE(asked):
        mine, theirs = (f"arn:aws:glue:{asked.region}:{account}:" for account in (asked.account, owner))
        resource = need.resource.replace(mine, theirs)
        policed = (
            ("catalog", f"{theirs}catalog") if resource.startswith(tuple(theirs + one for one in _OF_CATALOG)) else None
        )
        yield Need(need.action, resource, need.values, need.absent, policed)


_ATHENA = Table(
    "athena",
    {
        "workgroup/{WorkGroup}": "StartQueryExecution GetWorkGroup UpdateWorkGroup DeleteWorkGroup CreateNamedQuery"
        " ListNamedQueries ListQueryExecutions CreatePreparedStatement GetPreparedStatement ListPreparedStatements"
        " UpdatePreparedStatement DeletePreparedStatement BatchGetPreparedStatement",
        "workgroup/{Name}": "CreateWorkGroup",
        "datacatalog/{Name}": "CreateDataCatalog GetDataCatalog UpdateDataCatalog DeleteDataCatalog",
        "datacatalog/{CatalogName}": "GetDatabase ListDatabases GetTableMetadata ListTableMetadata",
        "{ResourceARN}": "TagResource UntagResource ListTagsForResource",
    },
)

_BY_ID = frozenset(
    [
        "GetQueryExecution",
        "GetQueryResults",
        "GetQueryResultsStream",
        "StopQueryExecution",
        "GetQueryRuntimeStatistics",
        "GetNamedQuery",
        "DeleteNamedQuery",
        "UpdateNamedQuery",
        "BatchGetQueryExecution",
        "BatchGetNamedQuery",
    ]
)
"""Operations that name an execution or a query: its workgroup is what needs permission."""


def athena_needs(asked: Asked) -> Iterator[Need]:
    """Without a workgroup the primary one is meant. Whose an execution is, is not known: any workgroup may be."""
    starts = asked.operation in {"StartQueryExecution", "CreateNamedQuery", "ListQueryExecutions", "ListNamedQueries"}
    if starts and not asked.parameters.get("WorkGroup"):
        asked = replace(asked, parameters={**asked.parameters, "WorkGroup": "primary"})
    for need in _ATHENA(asked):
        yield replace(need, any_workgroup=asked.operation in _BY_ID)


LAKE_FORMATION = Table("lakeformation", {})
"""Lake Formation's actions have no resources: what they may touch is decided by its own permissions."""
