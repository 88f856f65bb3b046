"""What a person's role may ask AWS for: generated from the workgroups that are theirs and the tables granted to them.

Which rows and columns of these tables they see is Lake Formation's to decide; here are only the doors to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from lakewright.components.component import Context, Place
from lakewright.components.databases import DATABASES, database_name
from lakewright.components.lake import WRITE, bucket_name, catalog_arns, kms_statement
from lakewright.components.personas import PersonaRole
from lakewright.components.statements import INLINE, MANAGED, Statement, document
from lakewright.spec.access import READING, Grant

_WORKGROUP = (
    "athena:BatchGetNamedQuery",
    "athena:BatchGetPreparedStatement",
    "athena:BatchGetQueryExecution",
    "athena:GetNamedQuery",
    "athena:GetPreparedStatement",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:GetQueryRuntimeStatistics",
    "athena:GetWorkGroup",
    "athena:ListNamedQueries",
    "athena:ListPreparedStatements",
    "athena:ListQueryExecutions",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
_CATALOG = (
    "athena:GetDataCatalog",
    "athena:GetDatabase",
    "athena:GetTableMetadata",
    "athena:ListDatabases",
    "athena:ListTableMetadata",
)
_READ = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTableVersion",
    "glue:GetTableVersions",
    "glue:GetTables",
)
_WRITE = (
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeletePartition",
    "glue:DeleteTable",
    "glue:UpdatePartition",
    "glue:UpdateTable",
)
_RUN = (
    "glue:BatchStopJobRun",
    "glue:GetCrawler",
    "glue:GetJob",
    "glue:GetJobBookmark",
    "glue:GetJobRun",
    "glue:GetJobRuns",
    "glue:GetTrigger",
    "glue:GetWorkflow",
    "glue:GetWorkflowRun",
    "glue:GetWorkflowRuns",
    "glue:ResumeWorkflowRun",
    "glue:StartCrawler",
    "glue:StartJobRun",
    "glue:StartWorkflowRun",
    "glue:StopWorkflowRun",
)


def role_policy(context: Context, role: PersonaRole, database_prefix: str) -> str:
    """The policy of a persona's or a group's role; a template: its `kms_key_arn` is filled in by Terraform."""
    access = context.project.platform.access
    granted = [grant for grant in access.grants if _named(role) & set(grant.to)]
    reads = _databases(granted, database_prefix)
    writes = _databases([grant for grant in granted if set(grant.can).difference(READING)], database_prefix)
    statements: list[Statement] = []
    if context.has("athena"):
        statements += _queries(context, role)
    if reads:
        arns = catalog_arns(context, [*reads, "default"])
        statements.append(Statement("ReadCatalog", _READ, arns))
        statements.append(Statement("AskLakeFormation", ("lakeformation:GetDataAccess",), ("*",)))
    if writes:
        statements.append(Statement("WriteCatalog", _WRITE, catalog_arns(context, writes)))
        statements += _work(context.place)
    if any(access.personas[persona].administrator for persona in role.principal.personas):
        statements += _administration()
    if not statements:
        statements.append(Statement("WhoAmI", ("sts:GetCallerIdentity",), ("*",)))
    return document(*statements, most=INLINE)


def _named(role: PersonaRole) -> set[str]:
    """How rules name the role: itself, everyone, and the personas that a group's members have."""
    personas = {word for persona in role.principal.personas for word in (persona, f"persona:{persona}")}
    return {"everyone", f"{role.kind}:{role.subject}"} | personas


def _databases(grants: list[Grant], prefix: str) -> list[str]:
    """Databases of which something is granted, by their names in the catalog."""
    patterns = {table.partition(".")[0] for grant in grants for table in grant.on}
    return [database_name(prefix, name) for name in DATABASES if any(fnmatchcase(name, each) for each in patterns)]


def workgroups(context: Context, role: PersonaRole) -> list[str]:
    """Workgroups that the role may use."""
    groups = context.project.platform.query.workgroups
    return sorted(name for name, group in groups.items() if _named(role) & set(group.personas))


def _queries(context: Context, role: PersonaRole) -> Iterator[Statement]:
    """Athena through the role's workgroups, and their folders of the results' bucket."""
    place, results = context.place, f"arn:aws:s3:::{bucket_name(context, 'athena-results')}"
    names = workgroups(context, role)
    if not names:
        return
    yield Statement("Query", _WORKGROUP, [place.arn("athena", f"workgroup/{name}") for name in names])
    yield Statement("SeeCatalog", _CATALOG, (place.arn("athena", "datacatalog/AwsDataCatalog"),))
    yield Statement("ListWorkgroups", ("athena:ListDataCatalogs", "athena:ListWorkGroups"), ("*",))
    yield Statement("Results", WRITE, [f"{results}/{name}/*" for name in names])
    yield Statement("ResultsPlace", ("s3:GetBucketLocation",), (results,))
    yield Statement(
        "ResultsList",
        ("s3:ListBucket", "s3:ListBucketMultipartUploads"),
        (results,),
        conditions={"StringLike": {"s3:prefix": [text for name in names for text in (name, f"{name}/*")]}},
    )
    yield from kms_statement(context, "ResultsKey", "s3", write=True)


def _work(place: Place) -> Iterator[Statement]:
    """For those who write: run the platform's jobs, crawlers and workflows, and read what these say."""
    own = place.name()
    kinds = ("crawler", "job", "trigger", "workflow")
    yield Statement("RunJobs", _RUN, [place.arn("glue", f"{kind}/{own}*") for kind in kinds])
    yield Statement(
        "ListJobs", ("glue:ListCrawlers", "glue:ListJobs", "glue:ListTriggers", "glue:ListWorkflows"), ("*",)
    )
    yield Statement(
        "ReadLogs",
        ("logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"),
        (place.arn("logs", "log-group:/aws-glue/*"), place.arn("logs", f"log-group:/{own}*")),
    )
    yield Statement("SeeMetrics", ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"), ("*",))


def _administration() -> Iterator[Statement]:
    """Passing rights on (Lake Formation guide, personas: data lake administrator), without making administrators."""
    yield Statement("Administer", ("lakeformation:*",), ("*",))
    yield Statement("KeepSettings", ("lakeformation:PutDataLakeSettings",), ("*",), effect="Deny")
    yield Statement("SeePrincipals", ("iam:GetRole", "iam:ListRoles", "iam:ListUsers"), ("*",))
    yield Statement("SeeAudit", ("cloudtrail:DescribeTrails", "cloudtrail:LookupEvents"), ("*",))


def boundary(place: Place) -> str:
    """What people's roles can never do more than: data work in this region; IAM only to look at it."""
    here = {"StringEquals": {"aws:RequestedRegion": place.region}}
    services = ("athena:*", "cloudwatch:*", "glue:*", "kms:Decrypt", "kms:GenerateDataKey", "lakeformation:*", "logs:*")
    return document(
        Statement("DataWork", (*services, "s3:*"), ("*",), conditions=here),
        Statement("Look", ("cloudtrail:*", "iam:Get*", "iam:List*", "sts:GetCallerIdentity"), ("*",)),
        Statement("NotTheBuckets", ("s3:DeleteBucket*", "s3:PutBucket*", "s3:PutLifecycle*"), ("*",), effect="Deny"),
        most=MANAGED,
    )
