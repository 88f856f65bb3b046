"""Many at once: the account's API over a local AWS that really answers; and what a failure inside leaves behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.errors import InternalError

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.local import local_aws
from lakewright.rehearse.databricks.account import parts
from lakewright.rehearse.databricks.local import local_databricks
from lakewright.rehearse.databricks.world import OwnFolders
from lakewright.rehearse.platform.databricks import AwsBeside

from .conftest import Place, account_of

pytestmark = pytest.mark.slow
AT_ONCE = 50


@pytest.mark.usefixtures("clean_environment")
def test_fifty_endpoints_are_registered_at_once(tmp_path: Path) -> None:
    """Each is looked up in the AWS meanwhile, while others are made there."""
    with local_aws(("111111111111", "222222222222"), tmp_path / "aws") as aws:
        ec2 = aws.moto.within("222222222222")
        vpc = ec2.call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        service = "com.amazonaws.us-east-1.s3"

        def endpoint(_: int) -> str:
            found = ec2.call("ec2", "CreateVpcEndpoint", VpcId=vpc, ServiceName=service)
            return str(found["VpcEndpoint"]["VpcEndpointId"])

        with local_databricks(tmp_path / "databricks", cloud=AwsBeside(aws)) as databricks:
            account = account_of(databricks)

            def register(number: int) -> str:
                made = account.vpc_endpoints.create(
                    vpc_endpoint_name=f"endpoint-{number}", aws_vpc_endpoint_id=endpoint(number), region="us-east-1"
                )
                return str(made.vpc_endpoint_id)

            with ThreadPoolExecutor(AT_ONCE) as pool:
                keys = list(pool.map(register, range(AT_ONCE)))
            assert {one.vpc_endpoint_id for one in account.vpc_endpoints.list()} == set(keys)
            assert len(set(keys)) == AT_ONCE
            assert not (tmp_path / "databricks" / "errors.log").exists()


def test_a_failure_inside_says_where_its_traceback_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(parts, "_use_of", broken)
    endpoint = "vpce-0123456789abcdef0"
    with pytest.raises(InternalError, match=r"ZeroDivisionError: a mistake of ours .*errors\.log") as refused:
        place.account.vpc_endpoints.create(vpc_endpoint_name="x", aws_vpc_endpoint_id=endpoint, region="r")
    file = Path(str(refused.value).rpartition("its traceback is in ")[2].partition(")")[0])
    assert file.stat().st_mode & 0o077 == 0
    text = file.read_text(encoding="utf-8")
    assert "POST /api/2.0/accounts/" in text
    assert "in broken" in text
    assert list(place.account.vpc_endpoints.list()) == []


@dataclass(frozen=True)
class Busy(OwnFolders):
    """An AWS that has no time the first time that it is asked."""

    asked: list[str] = field(default_factory=list)

    def endpoint_service(self, endpoint: str) -> str | None:
        self.asked.append(endpoint)
        if len(self.asked) == 1:
            raise ProblemError("LW1403", "moto does not answer: timed out")
        return "com.amazonaws.us-east-1.s3"


@pytest.mark.usefixtures("clean_environment")
def test_an_aws_without_time_is_asked_again(tmp_path: Path) -> None:
    cloud = Busy(tmp_path / "s3")
    with local_databricks(tmp_path / "databricks", cloud=cloud) as databricks:
        endpoint = "vpce-0123456789abcdef0"
        made = account_of(databricks).vpc_endpoints.create(
            vpc_endpoint_name="x", aws_vpc_endpoint_id=endpoint, region="us-east-1"
        )
        assert (made.vpc_endpoint_name, cloud.asked) == ("x", [endpoint, endpoint])
        assert "moto does not answer" in (tmp_path / "databricks" / "errors.log").read_text(encoding="utf-8")
