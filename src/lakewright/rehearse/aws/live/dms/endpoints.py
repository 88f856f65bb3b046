"""Deployed endpoints → where a task really reads and writes, with the rights of the roles that were deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.dms.settings import S3Settings, SourceSettings
from lakewright.ingest.sources.postgres.slot import connect
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.world import World
from lakewright.storage.objects import ObjectError

POSTGRES = ("postgres", "aurora-postgresql")
PROBE = "awsdms_test_connection"


@dataclass(frozen=True)
class Endpoints:
    """Looks endpoints up by their ARN. Everything raises ProblemError LW1452 where DMS's connection would fail."""

    world: World

    def find(self, arn: str, moto: Moto) -> Mapping[str, Any]:
        """Raises Fault ResourceNotFoundFault."""
        found = moto.call("dms", "DescribeEndpoints", Filters=[{"Name": "endpoint-arn", "Values": [arn]}])["Endpoints"]
        if not found:
            raise Fault("ResourceNotFoundFault", f"Endpoint {arn} not found")
        endpoint: Mapping[str, Any] = found[0]
        return endpoint

    def source(self, endpoint: Mapping[str, Any]) -> tuple[str, SourceSettings]:
        """The stand-in's URL and what the endpoint says of values."""
        if endpoint.get("EngineName") not in POSTGRES:
            raise _failed(endpoint, f"the engine {endpoint.get('EngineName')} is not played: PostgreSQL is")
        given = endpoint.get("PostgreSQLSettings") or {}
        host = given.get("ServerName") or endpoint.get("ServerName")
        if given.get("SecretsManagerSecretId"):
            host = self._secret(endpoint, given).get("host") or host
        if not host:
            raise _failed(endpoint, "neither the endpoint nor its secret names a host")
        return self.world.standins.url(str(host)), SourceSettings.read(given, _name(endpoint))

    def _secret(self, endpoint: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Read with the endpoint's own role: what that may not do, fails here too."""
        role = str(given.get("SecretsManagerAccessRoleArn") or "")
        try:
            client = self.world.aws.client("secretsmanager", role=role)
            text = client.get_secret_value(SecretId=given["SecretsManagerSecretId"])["SecretString"]
        except ClientError as error:
            raise _failed(
                endpoint, f"the secret cannot be read as {role}: {error.response['Error']['Message']}"
            ) from None
        except Fault as fault:
            raise _failed(endpoint, f"the role {role}: {fault.message}") from None
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _failed(endpoint, "the secret is no JSON object")
        missing = [name for name in ("username", "password") if not found.get(name)]
        if missing:
            raise _failed(endpoint, f"the secret lacks {' and '.join(missing)}")
        return found

    def target(self, endpoint: Mapping[str, Any]) -> S3Settings:
        """What the endpoint says of files. Raises SpecError for what DMS refuses."""
        if endpoint.get("EngineName") != "s3":
            raise _failed(endpoint, f"the target {endpoint.get('EngineName')} is not played: S3 is")
        return S3Settings.read(endpoint.get("S3Settings") or {}, _name(endpoint))

    def check(self, endpoint: Mapping[str, Any]) -> None:
        """What TestConnection does: reaches the database, or writes to the bucket and deletes that again."""
        if endpoint.get("EndpointType", "").lower() == "source":
            url, _ = self.source(endpoint)
            try:
                connect(url, name="dms test").close()
            except (psycopg.Error, LakewrightError) as error:
                raise _failed(endpoint, str(error)) from None
            return
        self._write(endpoint, self.target(endpoint))

    def _write(self, endpoint: Mapping[str, Any], target: S3Settings) -> None:
        role = str((endpoint.get("S3Settings") or {}).get("ServiceAccessRoleArn") or "")
        where = {"Bucket": target.bucket, "Key": f"{target.folder}/{PROBE}".lstrip("/")}
        try:
            client = self.world.aws.client("s3", role=role)
            client.put_object(**where, Body=b"")
            client.delete_object(**where)
        except (ClientError, BotoCoreError) as error:
            raise _failed(endpoint, f"the bucket {target.bucket} cannot be written as {role}: {error}") from None
        except (Fault, ObjectError) as error:
            raise _failed(endpoint, f"the role {role}: {error}") from None


def _name(endpoint: Mapping[str, Any]) -> str:
    return f"endpoint {endpoint.get('EndpointIdentifier')}"


def _failed(endpoint: Mapping[str, Any], fact: str) -> ProblemError:
    return ProblemError("LW1452", fact, place=_name(endpoint))
