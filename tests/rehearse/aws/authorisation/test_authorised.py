"""What IAM's policies in the local AWS forbid fails there as it fails in AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked
from tests.rehearse.aws.authorisation.conftest import OURS, THEIRS, Account, allow, policy


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    """Code and text of the refusal."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_without_the_permission_a_role_is_refused_and_with_it_it_works(account: Account) -> None:
    arn = account.role("bare")
    glue = account.client("glue", arn)

    code, text = refused(glue.create_database, DatabaseInput={"Name": "silver"})

    assert code == "AccessDeniedException"
    assert text == (
        f"User: arn:aws:sts::{OURS}:assumed-role/bare/today is not authorized to perform: glue:CreateDatabase on"
        f" resource: arn:aws:glue:us-east-1:{OURS}:catalog because no identity-based policy allows the"
        " glue:CreateDatabase action"
    )
    resources = [f"arn:aws:glue:us-east-1:{OURS}:{name}" for name in ("catalog", "database/silver")]
    account.admin("iam").put_role_policy(
        RoleName="bare", PolicyName="own", PolicyDocument=policy(allow("glue:CreateDatabase", on=resources))
    )
    glue.create_database(DatabaseInput={"Name": "silver"})
    code, text = refused(glue.create_database, DatabaseInput={"Name": "gold"})
    assert "database/gold because no identity-based policy" in text


def test_an_explicit_deny_is_said_to_be_one(account: Account) -> None:
    arn = account.role("curbed", allow("*"), {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"})

    code, text = refused(account.client("iam", arn).create_user, UserName="eve")

    assert (code, text.rpartition(" with ")[2]) == ("AccessDenied", "an explicit deny in an identity-based policy")
    account.client("iam", arn).create_group(GroupName="curbed-made-it")


def test_managed_policies_and_boundaries_count(account: Account) -> None:
    iam = account.admin("iam")
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("sns:*")))["Policy"]["Arn"]
    arn = account.role("bounded", PermissionsBoundary=limit)
    iam.attach_role_policy(RoleName="bounded", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    account.client("sns", arn).create_topic(Name="within")
    code, text = refused(account.client("sqs", arn).create_queue, QueueName="beyond")

    assert code == "AccessDenied"
    assert text.endswith("because no permissions boundary allows the sqs:CreateQueue action")


def test_users_have_their_groups_policies_and_their_own_name_as_a_variable(account: Account) -> None:
    iam = account.admin("iam")
    iam.create_user(UserName="ana")
    iam.create_group(GroupName="owners")
    own = f"arn:aws:iam::{OURS}:user/${{aws:username}}"
    iam.put_group_policy(GroupName="owners", PolicyName="own", PolicyDocument=policy(allow("iam:GetUser", on=own)))
    iam.add_user_to_group(GroupName="owners", UserName="ana")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    hers = account.with_key("iam", key["AccessKeyId"], key["SecretAccessKey"])

    assert hers.get_user(UserName="ana")["User"]["UserName"] == "ana"
    assert refused(hers.get_user, UserName="bob")[0] == "AccessDenied"


def test_a_session_policy_narrows(account: Account) -> None:
    arn = account.role("wide", allow("sns:*"))
    narrow = account.client("sns", arn, Policy=policy(allow("sns:ListTopics")))

    narrow.list_topics()
    assert refused(narrow.create_topic, Name="no")[1].endswith("no session policy allows the sns:CreateTopic action")


class TestTrust:
    def test_a_role_that_does_not_trust_the_account(self, account: Account) -> None:
        trust = [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]
        arn = account.role("for-glue", trust=trust)

        code, text = refused(account.admin("sts").assume_role, RoleArn=arn, RoleSessionName="me")

        assert code == "AccessDenied"
        assert f"is not authorized to perform: sts:AssumeRole on resource: {arn}" in text

    def test_trust_in_the_account_needs_the_callers_permission(self, account: Account) -> None:
        target, caller = account.role("target"), account.role("climber")

        climber = account.client("sts", caller)
        assert refused(climber.assume_role, RoleArn=target, RoleSessionName="me")[0] == "AccessDenied"
        account.admin("iam").put_role_policy(
            RoleName="climber", PolicyName="own", PolicyDocument=policy(allow("sts:AssumeRole", on=target))
        )
        climber.assume_role(RoleArn=target, RoleSessionName="me")

    def test_another_accounts_role_with_an_external_id(self, account: Account) -> None:
        trust = [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OURS}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "right"}},
            }
        ]
        arn = account.role("partner", trust=trust, account=THEIRS)
        sts = account.admin("sts")

        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me")[0] == "AccessDenied"
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="wrong")[0] == "AccessDenied"
        sts.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="right")


class TestBuckets:
    def bucket(self, account: Account, name: str, *statements: dict[str, Any]) -> Any:
        s3 = account.admin("s3")
        s3.create_bucket(Bucket=name)
        if statements:
            s3.put_bucket_policy(Bucket=name, Policy=policy(*statements))
        return s3

    def test_objects_by_prefix(self, account: Account) -> None:
        self.bucket(account, "lw-prefixes").put_object(Bucket="lw-prefixes", Key="other/a", Body=b"x")
        s3 = account.client(
            "s3",
            account.role(
                "reader",
                allow("s3:GetObject", "s3:PutObject", on="arn:aws:s3:::lw-prefixes/mine/*"),
                allow(
                    "s3:ListBucket", on="arn:aws:s3:::lw-prefixes", Condition={"StringLike": {"s3:prefix": "mine/*"}}
                ),
            ),
        )

        s3.put_object(Bucket="lw-prefixes", Key="mine/a", Body=b"x")
        assert s3.get_object(Bucket="lw-prefixes", Key="mine/a")["Body"].read() == b"x"
        assert [one["Key"] for one in s3.list_objects_v2(Bucket="lw-prefixes", Prefix="mine/")["Contents"]] == [
            "mine/a"
        ]
        code, text = refused(s3.get_object, Bucket="lw-prefixes", Key="other/a")
        assert code == "AccessDenied"
        assert "s3:GetObject on resource: arn:aws:s3:::lw-prefixes/other/a because no identity-based policy" in text
        assert refused(s3.list_objects_v2, Bucket="lw-prefixes")[0] == "AccessDenied"
        assert refused(s3.delete_object, Bucket="lw-prefixes", Key="mine/a")[0] == "AccessDenied"

    def test_the_policy_of_the_bucket_alone_is_enough_in_its_account(self, account: Account) -> None:
        arn = account.role("named")
        self.bucket(
            account,
            "lw-named",
            {
                "Effect": "Allow",
                "Principal": {"AWS": arn},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::lw-named/*",
            },
        )

        account.client("s3", arn).put_object(Bucket="lw-named", Key="a", Body=b"x")

    def test_a_bucket_of_another_account_needs_both_sides(self, account: Account) -> None:
        arn = account.role("abroad", allow("s3:*"))
        s3 = account.admin("s3", THEIRS)
        s3.create_bucket(Bucket="lw-theirs")
        mine = account.client("s3", arn)

        code, text = refused(mine.put_object, Bucket="lw-theirs", Key="a", Body=b"x")
        assert (code, "no resource-based policy allows" in text) == ("AccessDenied", True)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": OURS},
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::lw-theirs/*",
        }
        s3.put_bucket_policy(Bucket="lw-theirs", Policy=policy(statement))
        mine.put_object(Bucket="lw-theirs", Key="a", Body=b"x")

    def test_uploads_must_name_the_key(self, account: Account) -> None:
        denial = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::lw-encrypted/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        }
        s3 = self.bucket(account, "lw-encrypted", denial)

        code, text = refused(s3.put_object, Bucket="lw-encrypted", Key="a", Body=b"x")
        assert (code, text.rpartition(" with ")[2]) == ("AccessDenied", "an explicit deny in a resource-based policy")
        s3.put_object(Bucket="lw-encrypted", Key="a", Body=b"x", ServerSideEncryption="aws:kms")

    def test_plain_http_is_refused_and_the_local_endpoint_counts_as_tls(self, account: Account) -> None:
        denial = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::lw-tls", "arn:aws:s3:::lw-tls/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        s3 = self.bucket(account, "lw-tls", denial)

        s3.put_object(Bucket="lw-tls", Key="a", Body=b"x")
        root = f"arn:aws:iam::{OURS}:root"
        plain = Asked("s3", "GetObject", {"Bucket": "lw-tls", "Key": "a"}, OURS, "us-east-1", root, secure=False)
        with pytest.raises(Fault) as caught:
            authorised(account.aws.moto)(plain)
        assert caught.value.message.endswith("with an explicit deny in a resource-based policy")

    def test_encryption_by_the_buckets_key_needs_the_key(self, account: Account) -> None:
        s3, kms = self.bucket(account, "lw-keyed"), account.admin("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        s3.put_bucket_encryption(Bucket="lw-keyed", ServerSideEncryptionConfiguration={"Rules": [rule]})
        arn = account.role("keyless", allow("s3:*"))
        mine = account.client("s3", arn)

        code, text = refused(mine.put_object, Bucket="lw-keyed", Key="a", Body=b"x")
        assert (code, f"kms:GenerateDataKey on resource: {key}" in text) == ("AccessDenied", True)
        account.admin("iam").put_role_policy(
            RoleName="keyless", PolicyName="key", PolicyDocument=policy(allow("kms:GenerateDataKey", on=key))
        )
        mine.put_object(Bucket="lw-keyed", Key="a", Body=b"x")
        assert "kms:Decrypt" in refused(mine.get_object, Bucket="lw-keyed", Key="a")[1]


class TestKeys:
    def test_a_key_policy_that_names_only_one_role_leaves_out_the_others(self, account: Account) -> None:
        owner, other = account.role("key-owner"), account.role("key-other", allow("kms:*"))
        kms = account.admin("kms")
        root = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OURS}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        key = kms.create_key(Policy=policy(root))["KeyMetadata"]["KeyId"]
        account.client("kms", other).describe_key(KeyId=key)
        only = allow("kms:*", Principal={"AWS": owner})
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(only), BypassPolicyLockoutSafetyCheck=True)

        account.client("kms", owner).describe_key(KeyId=key)
        code, text = refused(account.client("kms", other).describe_key, KeyId=key)
        assert code == "AccessDeniedException"
        assert text.endswith("because no resource-based policy allows the kms:DescribeKey action")


JOB = {"Name": "j", "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/j.py"}}


class TestPassing:
    def test_a_job_needs_the_right_to_pass_its_role(self, account: Account) -> None:
        job_role = account.role("job-role")
        arn = account.role("job-maker", allow("glue:CreateJob"))

        code, text = refused(account.client("glue", arn).create_job, Role=job_role, **JOB)
        assert (code, f"iam:PassRole on resource: {job_role}" in text) == ("AccessDeniedException", True)

    def test_the_right_to_pass_it_to_another_service_is_none(self, account: Account) -> None:
        job_role = account.role("job-role-2")
        to = {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
        arn = account.role("job-maker-2", allow("glue:CreateJob"), allow("iam:PassRole", on=job_role, **to))

        assert "iam:PassRole" in refused(account.client("glue", arn).create_job, Role=job_role, **JOB)[1]

    def test_with_it_the_job_is_made(self, account: Account) -> None:
        job_role = account.role("job-role-3")
        to = {"Condition": {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}}
        arn = account.role("job-maker-3", allow("glue:CreateJob"), allow("iam:PassRole", on=job_role, **to))

        account.client("glue", arn).create_job(Role=job_role, **JOB)


def test_secrets_are_found_by_name_and_matched_by_arn(account: Account) -> None:
    account.admin("secretsmanager").create_secret(Name="shop/database", SecretString=json.dumps({"user": "u"}))
    on = f"arn:aws:secretsmanager:us-east-1:{OURS}:secret:shop/database-??????"
    secrets = account.client(
        "secretsmanager", account.role("secret-reader", allow("secretsmanager:GetSecretValue", on=on))
    )

    assert "user" in secrets.get_secret_value(SecretId="shop/database")["SecretString"]
    assert refused(secrets.delete_secret, SecretId="shop/database")[0] == "AccessDeniedException"


def test_what_is_not_known_is_refused_and_says_so(account: Account) -> None:
    condition = {"Condition": {"StringEquals": {"ec2:Region": "us-east-1"}}}
    ec2 = account.client("ec2", account.role("asker", allow("ec2:DescribeVpcs", **condition)))

    code, text = refused(ec2.describe_vpcs)

    assert code == "UnauthorizedOperation"
    assert "the local AWS has no value for ec2:Region" in text


class TestConditionKeys:
    def test_figures_by_namespace(self, account: Account) -> None:
        condition = {"Condition": {"StringEquals": {"cloudwatch:namespace": "Glue"}}}
        cloudwatch = account.client(
            "cloudwatch", account.role("measurer", allow("cloudwatch:PutMetricData", **condition))
        )
        data = [{"MetricName": "rows", "Value": 1.0}]

        cloudwatch.put_metric_data(Namespace="Glue", MetricData=data)
        assert "cloudwatch:PutMetricData" in refused(cloudwatch.put_metric_data, Namespace="Other", MetricData=data)[1]

    def test_keys_by_alias(self, account: Account) -> None:
        kms = account.admin("kms")
        named, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        kms.create_alias(AliasName="alias/named", TargetKeyId=named)
        condition = {"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/named"}}}
        mine = account.client("kms", account.role("by-alias", allow("kms:DescribeKey", **condition)))

        mine.describe_key(KeyId=named)
        mine.describe_key(KeyId="alias/named")
        assert refused(mine.describe_key, KeyId=other)[0] == "AccessDeniedException"

    def test_tags_of_a_request(self, account: Account) -> None:
        condition = {"Condition": {"StringEquals": {"aws:RequestTag/team": "data"}}}
        sns = account.client("sns", account.role("tagger", allow("sns:CreateTopic", "sns:TagResource", **condition)))

        sns.create_topic(Name="tagged", Tags=[{"Key": "team", "Value": "data"}])
        assert refused(sns.create_topic, Name="untagged")[0] == "AuthorizationError"

    def test_tags_of_the_principal(self, account: Account) -> None:
        on = "arn:aws:sns:us-east-1:*:${aws:PrincipalTag/team}-*"
        role = account.role("owner", allow("sns:CreateTopic", on=on), Tags=[{"Key": "team", "Value": "data"}])
        sns = account.client("sns", role)

        sns.create_topic(Name="data-alerts")
        assert refused(sns.create_topic, Name="shop-alerts")[0] == "AuthorizationError"


def test_a_secret_with_a_key_needs_the_key(account: Account) -> None:
    key = account.admin("kms").create_key()["KeyMetadata"]["Arn"]
    account.admin("secretsmanager").create_secret(Name="keyed", SecretString="x", KmsKeyId=key)
    arn = account.role("keyless-reader", allow("secretsmanager:GetSecretValue"))

    assert "kms:Decrypt" in refused(account.client("secretsmanager", arn).get_secret_value, SecretId="keyed")[1]
    via = {"Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}}
    account.admin("iam").put_role_policy(
        RoleName="keyless-reader", PolicyName="key", PolicyDocument=policy(allow("kms:Decrypt", on=key, **via))
    )
    account.client("secretsmanager", arn).get_secret_value(SecretId="keyed")
    assert refused(account.client("kms", arn).decrypt, KeyId=key, CiphertextBlob=b"x")[0] == "AccessDeniedException"


def test_results_need_the_permission_on_some_workgroup(account: Account) -> None:
    account.admin("athena").create_work_group(Name="analysts")
    on = f"arn:aws:athena:us-east-1:{OURS}:workgroup/analysts"
    yes = account.client("athena", account.role("analyst", allow("athena:GetQueryExecution", on=on)))
    no = account.client("athena", account.role("stranger", allow("athena:StartQueryExecution", on=on)))

    assert "not authorized" not in refused(yes.get_query_execution, QueryExecutionId="x")[1]
    assert "athena:GetQueryExecution" in refused(no.get_query_execution, QueryExecutionId="x")[1]
    assert "workgroup/primary" in refused(no.start_query_execution, QueryString="select 1")[1]


def test_a_role_with_a_path_is_found(account: Account) -> None:
    arn = account.role("deep", Path="/service/lake/")
    reader = account.client("iam", account.role("role-reader", allow("iam:GetRole", on=arn)))

    assert reader.get_role(RoleName="deep")["Role"]["Arn"] == arn
