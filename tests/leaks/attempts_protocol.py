"""What is tried over HTTP: others' executions, results and objects, the catalog's calls, signatures, roles.

Each attempt is one or more requests by `who`, who knows all about another's execution: `Target`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .world import Reply, World

BUCKET = "shop-athena-results"


@dataclass(frozen=True)
class Target:
    """Somebody else's query: its id, result, token, and an URL that its owner signed."""

    owner: str
    execution: str
    bucket: str
    key: str
    token: str
    request: Mapping[str, Any]
    url: str

    @property
    def path(self) -> str:
        return quote(f"/{self.bucket}/{self.key}")


Attempt = Callable[[World, str, Target], Iterable[Reply]]


def athena(operation: str, **body: Any) -> Attempt:
    """One call; `{execution}` in its values is the other's id."""

    def attempt(world: World, who: str, target: Target) -> Iterable[Reply]:
        yield world.api(who, "athena", operation, **_filled(body, target))

    return attempt


def glue(operation: str, **body: Any) -> Attempt:
    def attempt(world: World, who: str, target: Target) -> Iterable[Reply]:
        yield world.api(who, "glue", operation, **_filled(body, target))

    return attempt


def s3(method: str, path: str, body: bytes = b"", **headers: str) -> Attempt:
    """`{key}` is the other's object, `{own}` a key in the caller's own words."""

    def attempt(world: World, who: str, target: Target) -> Iterable[Reply]:
        words = {"key": quote(target.key), "bucket": target.bucket, "path": target.path, "own": f"own/{who}"}
        filled = {name.replace("_", "-"): value.format(**words) for name, value in headers.items()}
        yield world.s3(who, method, path.format(**words), body, filled)

    return attempt


def _filled(value: Any, target: Target) -> Any:
    match value:
        case str():
            return value.replace("{execution}", target.execution).replace("{token}", target.token)
        case list():
            return [_filled(one, target) for one in value]
        case dict():
            return {name: _filled(one, target) for name, one in value.items()}
    return value


def same_token(world: World, who: str, target: Target) -> Iterable[Reply]:
    """The other's idempotency token with the other's very request."""
    reply = world.api(who, "athena", "StartQueryExecution", **target.request)
    yield reply
    if reply.status == 200:
        own = reply.json["QueryExecutionId"]
        assert own != target.execution
        yield world.finished(who, own)
        yield world.api(who, "athena", "GetQueryResults", QueryExecutionId=own)


def reuse(world: World, who: str, target: Target) -> Iterable[Reply]:
    """The other's statement, asking for a stored result."""
    age = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 600}}
    reply = world.start(who, str(target.request["QueryString"]), ResultReuseConfiguration=age)
    yield reply
    if reply.status == 200:
        own = reply.json["QueryExecutionId"]
        found = world.finished(who, own)
        yield found
        yield world.api(who, "athena", "GetQueryResults", QueryExecutionId=own)


def location(place: str) -> Attempt:
    """An own query whose result goes to `place`."""

    def attempt(world: World, who: str, target: Target) -> Iterable[Reply]:
        filled = place.replace("{key}", target.key).replace("{bucket}", target.bucket)
        yield world.start(who, "SELECT 1", ResultConfiguration={"OutputLocation": filled})

    return attempt


def owners_url(world: World, who: str, target: Target) -> Iterable[Reply]:
    """The owner's URL for another object, another bucket's list, another method: the signature is for one thing."""
    query = target.url.partition("?")[2]
    for method, path in (("GET", f"/{target.bucket}"), ("GET", f"{target.path}.metadata"), ("DELETE", target.path)):
        yield world.http(who, "s3", method, f"{path}?{query}", signed=False)


def own_signature(world: World, who: str, target: Target) -> Iterable[Reply]:
    """An URL that the caller signs for the other's object."""
    for suffix in ("", ".metadata"):
        path = world.presigned(who, target.bucket, target.key + suffix)
        yield world.http(who, "s3", "GET", path, signed=False)


def unsigned(world: World, who: str, target: Target) -> Iterable[Reply]:
    yield world.http(who, "s3", "GET", target.path, signed=False)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonAthena.GetQueryResults"}
    body = f'{{"QueryExecutionId": "{target.execution}"}}'.encode()
    yield world.http(who, "athena", "POST", "/", body, headers, signed=False)


def unsigned_principal(world: World, who: str, target: Target) -> Iterable[Reply]:
    """Headers beside the signature that name somebody else."""
    for name in ("x-amz-security-token", "x-principal", "x-forwarded-user", "x-amz-source-identity"):
        yield world.http(who, "s3", "GET", target.path, headers={name: target.owner})


def roles(world: World, who: str, target: Target) -> Iterable[Reply]:
    """The owner's role; if it is given, the object with it."""
    for role in (target.owner, "root", "../root", f"{target.owner}/x", "*"):
        arn = f"arn:aws:iam::000000000000:role/{role}"
        yield world.sts(who, Action="AssumeRole", Version="2011-06-15", RoleArn=arn, RoleSessionName="x" * 8)
    yield world.sts(who, Action="GetFederationToken", Version="2011-06-15", Name=target.owner)
    yield world.sts(who, Action="GetCallerIdentity", Version="2011-06-15")


def multipart_copy(world: World, who: str, target: Target) -> Iterable[Reply]:
    """The other's object as a part of an own one."""
    own = f"/{target.bucket}/own/{who}-parts"
    begun = world.s3(who, "POST", f"{own}?uploads=")
    yield begun
    _, _, rest = begun.body.partition(b"<UploadId>")
    upload = rest.partition(b"<")[0].decode()
    if upload:
        copy = {"x-amz-copy-source": target.path}
        yield world.s3(who, "PUT", f"{own}?partNumber=1&uploadId={quote(upload)}", headers=copy)
        yield world.s3(who, "DELETE", f"{own}?uploadId={quote(upload)}")


def listed(world: World, who: str, target: Target) -> Iterable[Reply]:
    for query in ("list-type=2", "list-type=2&prefix=primary", "prefix=&delimiter=%2F", "uploads=", "versions="):
        reply = world.s3(who, "GET", f"/{target.bucket}?{query}")
        assert target.execution.encode() not in reply.body, f"{who} sees {target.owner}'s result in ?{query}"
        yield reply


def executions(world: World, who: str, target: Target) -> Iterable[Reply]:
    for group in ("primary", "engineers", "analysts", "none"):
        reply = world.api(who, "athena", "ListQueryExecutions", WorkGroup=group)
        assert target.execution.encode() not in reply.body, f"{who} sees {target.owner}'s execution in {group}"
        yield reply


def lake_files(world: World, who: str, target: Target) -> Iterable[Reply]:
    """The lake's own files, in the bucket that stands for its folder: data, log, head, copy, a list."""
    lake = world.project / "lake"
    for name in ("silver/orders", "gold/plans", "bronze/account"):
        for path in [*sorted((lake / name).rglob("*.parquet"))[:2], *sorted((lake / name).rglob("*.json"))[:1]]:
            key = quote(f"/shop-lake/{path.relative_to(lake)}")
            copy = {"x-amz-copy-source": key}
            url = world.presigned(who, "shop-lake", str(path.relative_to(lake)))
            replies = [
                world.s3(who, "GET", key),
                world.s3(who, "HEAD", key),
                world.s3(who, "PUT", f"/{BUCKET}/own/{who}-lake", headers=copy),
                world.http(who, "s3", "GET", url, signed=False),
            ]
            assert all(reply.status >= 400 for reply in replies), f"{who} gets {path.name}"
            yield from replies
    for query in ("list-type=2", "list-type=2&prefix=gold/", "prefix=silver&delimiter=/"):
        reply = world.s3(who, "GET", f"/shop-lake?{query}")
        assert b".parquet" not in reply.body
        yield reply
    yield world.s3(who, "PUT", "/shop-lake/silver/orders/x.parquet", b"x")
    yield world.s3(who, "DELETE", "/shop-lake/silver/orders/_delta_log/00000000000000000000.json")


NAMES: Mapping[str, Any] = {"CatalogName": "AwsDataCatalog", "DatabaseName": "gold"}
PLANS = {"DatabaseName": "gold", "TableName": "plans"}
ORDERS = {"DatabaseName": "silver", "TableName": "orders"}
STORAGE = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": "s3://shop-lake/gold/plans/"}

PROTOCOL: Mapping[str, Attempt] = {
    "another's results": athena("GetQueryResults", QueryExecutionId="{execution}"),
    "another's state": athena("GetQueryExecution", QueryExecutionId="{execution}"),
    "another's states": athena("BatchGetQueryExecution", QueryExecutionIds=["{execution}"]),
    "another's statistics": athena("GetQueryRuntimeStatistics", QueryExecutionId="{execution}"),
    "another's query stopped": athena("StopQueryExecution", QueryExecutionId="{execution}"),
    "another's page": athena("GetQueryResults", QueryExecutionId="{execution}", NextToken="WyJ4Iiwx", MaxResults=5),
    "another's manifest": athena("GetQueryResults", QueryExecutionId="{execution}", QueryResultType="DATA_MANIFEST"),
    "executions": executions,
    "another's token": same_token,
    "another's result again": reuse,
    "workgroup of others": athena("GetWorkGroup", WorkGroup="engineers"),
    "workgroups": athena("ListWorkGroups"),
    "a workgroup made": athena("CreateWorkGroup", Name="mine"),
    "the workgroup's place": athena(
        "UpdateWorkGroup",
        WorkGroup="primary",
        ConfigurationUpdates={"ResultConfigurationUpdates": {"OutputLocation": "s3://own/"}},
    ),
    "named queries of others": athena("ListNamedQueries", WorkGroup="engineers"),
    "a named query in another's workgroup": athena(
        "CreateNamedQuery", Name="x", Database="gold", QueryString="SELECT 1", WorkGroup="engineers"
    ),
    "prepared statements of others": athena("ListPreparedStatements", WorkGroup="engineers"),
    "a prepared statement of others": athena("GetPreparedStatement", StatementName="secret", WorkGroup="engineers"),
    "tags of others": athena(
        "ListTagsForResource", ResourceARN="arn:aws:athena:us-east-1:000000000000:workgroup/engineers"
    ),
    "metadata of the hidden": athena("GetTableMetadata", **NAMES, TableName="plans"),
    "metadata of the visible": athena(
        "GetTableMetadata", CatalogName="AwsDataCatalog", DatabaseName="silver", TableName="orders"
    ),
    "metadata of a path": athena("GetTableMetadata", **NAMES, TableName="../silver/orders"),
    "all metadata": athena("ListTableMetadata", **NAMES),
    "metadata by expression": athena("ListTableMetadata", **NAMES, Expression=".*plan.*"),
    "databases": athena("ListDatabases", CatalogName="AwsDataCatalog"),
    "a database of the hidden": athena("GetDatabase", CatalogName="AwsDataCatalog", DatabaseName="quarantine"),
    "glue databases": glue("GetDatabases"),
    "glue database": glue("GetDatabase", Name="quarantine"),
    "glue tables": glue("GetTables", DatabaseName="gold"),
    "glue tables of silver": glue("GetTables", DatabaseName="silver"),
    "glue table": glue("GetTable", DatabaseName="gold", Name="plans"),
    "glue table of the visible": glue("GetTable", DatabaseName="silver", Name="customer"),
    "glue search": glue("SearchTables", SearchText="plan"),
    "glue search of a hidden column": glue("SearchTables", SearchText="email"),
    "glue versions": glue("GetTableVersions", **PLANS),
    "glue partitions": glue("GetPartitions", **ORDERS),
    "glue partitions by expression": glue("GetPartitions", **ORDERS, Expression="tenant = 'globex'"),
    "glue partition": glue("GetPartition", **ORDERS, PartitionValues=["globex"]),
    "glue statistics": glue("GetColumnStatisticsForTable", **ORDERS, ColumnNames=["payload", "code", "amount"]),
    "glue statistics of the hidden": glue("GetColumnStatisticsForTable", **PLANS, ColumnNames=["plan"]),
    "glue indexes": glue("GetPartitionIndexes", **PLANS),
    "glue filtered tables": glue("GetUnfilteredTableMetadata", CatalogId="000000000000", DatabaseName="gold",
                                 Name="plans", SupportedPermissionTypes=["COLUMN_PERMISSION"]),
    "glue table over the lake": glue(
        "CreateTable", DatabaseName="mine", TableInput={"Name": "x", "StorageDescriptor": STORAGE}
    ),
    "glue table moved": glue("UpdateTable", DatabaseName="silver",
                             TableInput={"Name": "orders", "StorageDescriptor": STORAGE}),
    "glue table gone": glue("DeleteTable", DatabaseName="gold", Name="plans"),
    "glue jobs": glue("GetJobs"),
    "glue connections": glue("GetConnections"),
    "glue encryption": glue("GetDataCatalogEncryptionSettings"),
    "glue policy": glue("GetResourcePolicy"),
    "object": s3("GET", "{path}"),
    "object's metadata file": s3("GET", "{path}.metadata"),
    "object's head": s3("HEAD", "{path}"),
    "object's range": s3("GET", "{path}", range="bytes=0-10"),
    "object's tags": s3("GET", "{path}?tagging="),
    "object's acl": s3("GET", "{path}?acl="),
    "object's attributes": s3("GET", "{path}?attributes=", x_amz_object_attributes="ETag,ObjectSize"),
    "object's version": s3("GET", "{path}?versionId=null"),
    "object queried": s3("POST", "{path}?select=&select-type=2", b"<SelectObjectContentRequest/>"),
    "object copied": s3("PUT", "/{bucket}/{own}-copy", x_amz_copy_source="{path}"),
    "object overwritten": s3("PUT", "{path}", b"x"),
    "object deleted": s3("DELETE", "{path}"),
    "objects deleted": s3("POST", "/{bucket}?delete=", b"<Delete><Object><Key>{key}</Key></Object></Delete>"),
    "object through dots": s3("GET", "/{bucket}/x/../{key}"),
    "object with two slashes": s3("GET", "//{bucket}//{key}"),
    "object encoded twice": s3("GET", "/{bucket}/%252e%252e/{key}"),
    "object of the lake": s3("GET", "/shop-lake/silver/orders/"),
    "files of the lake": lake_files,
    "list of the lake": s3("GET", "/shop-lake?list-type=2"),
    "lake's bucket taken": s3("PUT", "/shop-lake"),
    "file of the machine": s3("GET", "/../../../etc/passwd"),
    "list": listed,
    "buckets": s3("GET", "/"),
    "bucket's policy": s3("PUT", "/{bucket}?policy=", b'{{"Statement": []}}'),
    "bucket deleted": s3("DELETE", "/{bucket}"),
    "part of a copy": multipart_copy,
    "own URL for another's object": own_signature,
    "another's URL for more": owners_url,
    "no signature": unsigned,
    "headers that name another": unsigned_principal,
    "roles": roles,
    "results over another's": location("s3://{bucket}/{key}"),
    "results into another's folder": location("s3://{bucket}/primary/"),
    "results up": location("s3://{bucket}/../../x/"),
    "results into the lake": location("s3://shop-lake/silver/orders/"),
    "results into a file": location("file:///tmp/x"),
    "results into no bucket": location("s3:///x"),
}  # fmt: skip
