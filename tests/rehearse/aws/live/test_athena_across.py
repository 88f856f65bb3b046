"""Athena in one account over another account's catalog: both must allow it. Rows are those that were written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.live.services import living_aws
from lakewright.rehearse.aws.local import LocalAws

OWNER, READER = "222222222222", "111111111111"
CATALOG = f"arn:aws:glue:us-east-1:{OWNER}"
GLUE = [f"{CATALOG}:{one}" for one in ("catalog", "database/shared", "table/shared/*")]
LOOK = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartitions"]
READ = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
BUCKET = ["arn:aws:s3:::exchange", "arn:aws:s3:::exchange/*"]


def allow(action: list[str], resource: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Place:
    """Two accounts; the reader's role may use Athena and, as far as its own account goes, read what is shared."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        iam = aws.client("iam", account=READER)
        trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
        self.role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        own = ["arn:aws:s3:::results", "arn:aws:s3:::results/*"]
        text = document(
            allow(["athena:*"], ["*"]), allow(LOOK, GLUE), allow(READ, BUCKET), allow(["s3:*"], own),
            allow(["kms:Decrypt"], ["*"]),
        )  # fmt: skip
        iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=text)
        aws.client("s3", account=READER).create_bucket(Bucket="results")
        athena = aws.client("athena", account=READER)
        output = {"ResultConfiguration": {"OutputLocation": "s3://results/across/"}}
        athena.create_work_group(Name="across", Configuration=output)
        athena.create_data_catalog(Name="prod", Type="GLUE", Parameters={"catalog-id": OWNER})
        self._shared()

    def _shared(self) -> None:
        s3, glue = (self.aws.client(one, account=OWNER) for one in ("s3", "glue"))
        s3.create_bucket(Bucket="exchange")
        key = self.aws.client("kms", account=OWNER).create_key()["KeyMetadata"]["Arn"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        s3.put_bucket_encryption(Bucket="exchange", ServerSideEncryptionConfiguration={"Rules": [rule]})
        self.key = key
        s3.put_object(Bucket="exchange", Key="rates/one.csv", Body=b"EUR,1.1\nCHF,1.2\n")
        glue.create_database(DatabaseInput={"Name": "shared"})
        columns = [{"Name": "currency", "Type": "string"}, {"Name": "rate", "Type": "double"}]
        serde = {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": ","},
        }
        storage = {
            "Columns": columns,
            "Location": "s3://exchange/rates/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": serde,
        }
        table = {"Name": "rates", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
        glue.create_table(DatabaseName="shared", TableInput=table)

    def share(self, *, catalog: bool = True, bucket: bool = True, key: bool = True) -> None:
        """What the owner allows the other account from now on."""
        s3, glue, kms = (self.aws.client(one, account=OWNER) for one in ("s3", "glue", "kms"))
        whom = {"Principal": {"AWS": f"arn:aws:iam::{READER}:root"}}
        glue.put_resource_policy(PolicyInJson=document(allow(LOOK, GLUE, **whom)))
        if not catalog:
            glue.delete_resource_policy()
        s3.put_bucket_policy(Bucket="exchange", Policy=document(allow(READ, BUCKET, **whom)))
        if not bucket:
            s3.delete_bucket_policy(Bucket="exchange")
        own = {"Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"}}
        shared = [allow(["kms:Decrypt"], ["*"], **whom)] if key else []
        text = document(allow(["kms:*"], ["*"], **own), *shared)
        kms.put_key_policy(KeyId=self.key, PolicyName="default", Policy=text)

    def ask(self, sql: str, **context: str) -> list[list[Any]]:
        """Rows without the header. Raises ClientError, AssertionError with the reason of a query that failed."""
        athena = self.aws.client("athena", role=self.role)
        given = {"QueryExecutionContext": context} if context else {}
        started = athena.start_query_execution(QueryString=sql, WorkGroup="across", **given)["QueryExecutionId"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.05)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]["StateChangeReason"]
        rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with living_aws([READER, OWNER], tmp_path_factory.mktemp("aws"), {}, gates=EVERY_GATE) as (aws, _):
        yield Place(aws)


RATES = [["CHF", "1.2"], ["EUR", "1.1"]]


def test_what_both_accounts_allow_is_read(place: Place) -> None:
    place.share()
    asked = "SELECT currency, rate FROM {} ORDER BY currency"
    assert place.ask(asked.format("prod.shared.rates")) == RATES
    assert place.ask(asked.format("rates"), Catalog="prod", Database="shared") == RATES
    assert place.ask("SELECT count(*) FROM shared.rates", Catalog="Prod") == [["2"]]


@pytest.mark.parametrize("missing", ["catalog", "bucket", "key"])
def test_without_one_grant_of_the_owner_it_is_refused(place: Place, missing: str) -> None:
    place.share(**{missing: False})
    with pytest.raises(ClientError, match=r"AccessDenied.*not authorized to perform"):
        place.ask("SELECT * FROM prod.shared.rates")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM prod.shared.rates JOIN shared.rates AS own ON true", "one catalog in a query"),
        ("CREATE TABLE prod.shared.mine AS SELECT 1 AS a", "not supported"),
        ("INSERT INTO prod.shared.rates SELECT 'X', 1.0", "not supported"),
    ],
)
def test_what_cannot_cross(place: Place, sql: str, said: str) -> None:
    place.share()
    with pytest.raises((ClientError, AssertionError), match=said):
        place.ask(sql)


def test_without_the_caller_s_own_it_is_refused(place: Place) -> None:
    place.share()
    place.aws.client("iam", account=READER).put_role_policy(
        RoleName="reader", PolicyName="read", PolicyDocument=document(allow(["athena:*"], ["*"]), allow(READ, BUCKET))
    )
    with pytest.raises(ClientError, match="glue:GetDatabase"):
        place.ask("SELECT * FROM prod.shared.rates")
