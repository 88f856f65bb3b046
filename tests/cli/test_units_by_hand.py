"""A unit comes and goes by hand, on the local AWS: out of order, unproven, moved, still full, and at last gone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakewright.infra.override import OVERRIDE, Loopback, override_of
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.platform.stage import PROFILE, _let_in
from lakewright.spec import load_project

from .conftest import Call, Outcome

OWN, NETWORK, NONPROD, REGION = "111111111111", "222222222222", "555555555555", "us-east-1"
UNIT = "units: {sparky: {owner: sparky-data, workspaces: [lab, field]}}\n"
SPEC = """\
lakewright: 1
platform: shop
owner: data-platform
environments:
  live:
    account: "111111111111"
    region: us-east-1
    accounts: {core-network: "222222222222", nonprod: "555555555555"}
landscape:
  zones: 2
  networks:
    nonprod: {cidr: 10.34.0.0/20, account: nonprod}
  workspaces:
    lab: {network: nonprod}
    field: {network: nonprod, after: lab}
infra:
  stacks:
    transit: {layer: 1, account: core-network, owner: core-network, calls: {hub: {use: transit_hub}}}
    network:
      layer: 1
      each: network
      account: core-network
      owner: core-network
      calls: {vpc: {use: shared_network, endpoints: []}}
    aws:
      layer: 2
      each: workspace
      calls:
        data: {use: kms_key}
        buckets: {use: lake_buckets, buckets: {catalog: {}}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(1800),
    pytest.mark.full,
]


@pytest.fixture
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is no part of the project."""
    return tmp_path_factory.mktemp("beside")


@pytest.fixture
def aws(beside: Path) -> Iterator[LocalAws]:
    with local_aws([OWN, NETWORK, NONPROD], beside / "aws", gates=EVERY_GATE, region=REGION) as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, beside: Path, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shell that knows one profile, in a project whose unit is there."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_"))]:
        monkeypatch.delenv(name)
    key = aws.credentials(OWN)
    (beside / "credentials").write_text(
        f"[{PROFILE}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    (beside / "config").write_text(f"[profile {PROFILE}]\nregion = {REGION}\nendpoint_url = {aws.endpoint}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(beside / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(beside / "config"))
    monkeypatch.setenv("AWS_PROFILE", PROFILE)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "platform.yaml").write_text(SPEC + UNIT)
    accounts = load_project(tmp_path).platform.environments["live"].accounts
    for account in (NETWORK, NONPROD):
        _let_in(aws, account, OWN, accounts)
    return Shop(tmp_path, Loopback(aws.endpoint, REGION, beside / "credentials", beside / "config", PROFILE))


class Shop:
    """The project; what is compiled is led to the local AWS by a file of the person's own in each stack."""

    def __init__(self, root: Path, loopback: Loopback) -> None:
        self.root = root
        self.loopback = loopback

    def compile(self, call: Call) -> None:
        done = call("infra", "compile", "live")
        assert done.code == 0, done.err
        for stack in (self.root / "infra" / "live").iterdir():
            if (stack / "backend.tf").is_file():
                (stack / OVERRIDE).write_text(override_of(stack, self.loopback))

    def apply(self, call: Call, *stacks: str) -> Outcome:
        chosen = [word for stack in stacks for word in ("--stack", stack)]
        planned = call("plan", "live", "--json", *chosen)
        assert planned.code == 0, planned.out
        return call("apply", "live", "--json", *chosen)

    def book(self) -> dict[str, dict[str, dict[str, str]]]:
        found: dict[str, dict[str, dict[str, str]]] = json.loads((self.root / "units.lock.json").read_text())
        return found


def codes(outcome: Outcome) -> list[str]:
    assert outcome.code in (1, 2), outcome.out
    return [error["code"] for error in outcome.json["errors"]]


def test_a_unit_comes_and_goes(call: Call, shop: Shop, aws: LocalAws) -> None:
    shop.compile(call)
    early = call("plan", "live", "--stack", "aws-sparky-lab", "--json")
    assert set(codes(early)) == {"LW1367"}
    assert "aws-sparky-lab comes after state, which is not applied" in early.out

    base = ("state", "transit", "network-nonprod")
    up = call("setup", "live", "--as-it-is", "--yes", "--json", *(word for one in base for word in ("--stack", one)))
    assert up.code == 0, up.out + up.err

    # field before lab
    planned = call("plan", "live", "--stack", "aws-sparky-field", "--json")
    assert planned.code == 0, planned.out
    assert planned.json["approvals"] == {"sparky-data": ["aws-sparky-field"]}
    assert planned.json["unproven"]["aws-sparky-field"]["code"] == "LW1372"
    refused = call("apply", "live", "--stack", "aws-sparky-field", "--json")
    assert codes(refused) == ["LW1372"]
    assert refused.json["applied"] == {}
    assert shop.apply(call, "aws-sparky-lab").code == 0
    proof = aws.client("s3").get_object(Bucket=f"shop-live-state-{OWN}", Key="live/aws-sparky-lab.proof.json")
    kept = json.loads(proof["Body"].read())
    assert (kept["stack"], kept["environment"]) == ("aws-sparky-lab", "live")
    assert kept["by"].endswith("/administrator") or OWN in kept["by"]
    assert call("apply", "live", "--stack", "aws-sparky-field", "--json").code == 0, "the plan of before is still true"

    # what stands is not moved, and not pulled away from below
    away = call("destroy", "live", "--stack", "network-nonprod", "--stack", "transit", "--yes", "--json")
    assert set(codes(away)) == {"LW1367"}
    text = (shop.root / "units.lock.json").read_text()
    old = shop.book()["subnets"]["nonprod"]["sparky/lab/workload-a"]
    (shop.root / "units.lock.json").write_text(text.replace(f'"{old}"', '"10.34.14.0/24"'))
    moved = call("plan", "live", "--stack", "network-nonprod", "--json")
    assert set(codes(moved)) == {"LW1373"}
    assert f"cidr_block: {old} → 10.34.14.0/24" in moved.out
    assert codes(call("apply", "live", "--stack", "network-nonprod", "--json")) == ["LW1360"], "no plan was kept"
    (shop.root / "units.lock.json").write_text(text)

    # it goes, once it is empty
    s3 = aws.client("s3", account=NONPROD)
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "sparky-lab-catalog" in one["Name"]]
    version = s3.put_object(Bucket=bucket, Key="gold/orders.parquet", Body=b"1").get("VersionId")
    full = call("units", "remove", "sparky", "--yes", "--json")
    assert codes(full) == ["LW1376"]
    assert f"bucket {bucket} still holds gold/orders.parquet" in full.out
    s3.delete_object(Bucket=bucket, Key="gold/orders.parquet", **({"VersionId": version} if version else {}))
    gone = call("units", "remove", "sparky", "--yes", "--json")
    assert (gone.code, gone.json["step"]) == (0, "destroyed"), gone.out
    assert not [one for one in s3.list_buckets()["Buckets"] if "sparky" in one["Name"]]
    assert set(shop.book()["workspaces"]["sparky-lab"]) >= {"leaving"}
    assert call("units", "remove", "sparky", "--yes", "--json").json["step"] == "destroyed", "again, and nothing more"
    assert codes(call("infra", "compile", "live", "--json")) == ["LW1338", "LW1338"], "declared, and leaving"

    # its subnets come back when the network has let go of them
    (shop.root / "platform.yaml").write_text(SPEC)
    still = call("units", "remove", "sparky", "--json")
    assert set(codes(still)) == {"LW1377"}
    assert any(key.startswith("sparky/lab/") for key in shop.book()["subnets"]["nonprod"])
    assert shop.apply(call, "network-nonprod").code == 0
    released = call("units", "remove", "sparky", "--json")
    assert (released.code, released.json["step"]) == (0, "released"), released.out
    assert not any(key.startswith("sparky/") for key in shop.book()["subnets"]["nonprod"])
    assert shop.book()["workspaces"] == {}
