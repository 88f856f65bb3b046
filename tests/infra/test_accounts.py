"""Stacks in further accounts, and providers that calls need beside their account's AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import LakewrightError
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.override import Loopback, override_of
from lakewright.infra.write import written
from lakewright.spec import load_project

SPEC = """\
lakewright: 1
platform: shop
environments:
  dev:
    account: "111111111111"
    region: us-east-1
    accounts: {accounts}
infra:
  stacks:
    own:
      calls:
        key: {{use: kms_key}}
        buckets: {{use: lake_buckets, access_logs: null, buckets: {{data: {{}}}}}}
    other:
      account: records
      calls:
        records: {{use: kms_key}}
        kept: {{use: lake_buckets, access_logs: null, buckets: {{kept: {{}}}}}}
"""
PROFILE = '{records: {account: "222222222222", profile: records}}'
ROLE = '{records: "222222222222"}'


def compiled(folder: Path, accounts: str) -> Compiled:
    (folder / "platform.yaml").write_text(SPEC.format(accounts=accounts))
    return compile_environment(load_project(folder), "dev")


def file(found: Compiled, stack: str, name: str) -> str:
    return str(next(one for one in found.stacks if one.name == stack).files[name])


def test_a_stack_is_applied_in_its_own_account_and_its_state_stays_with_the_others(tmp_path: Path) -> None:
    found = compiled(tmp_path, PROFILE)
    assert {stack.name: stack.account for stack in found.stacks} == {"state": "", "own": "", "other": "records"}
    assert 'account_id = "222222222222"' in file(found, "other", "terraform.tfvars")
    assert 'profile             = "records"' in file(found, "other", "providers.tf")
    assert "assume_role" not in file(found, "other", "providers.tf")
    assert file(found, "own", "backend.tf").count("111111111111") == 1
    assert file(found, "other", "backend.tf").count("111111111111") == 1


def test_names_and_arns_are_those_of_the_account(tmp_path: Path) -> None:
    found = compiled(tmp_path, PROFILE)
    assert "shop-dev-kept-222222222222" in file(found, "other", "main.tf")
    assert "arn:aws:iam::222222222222:root" in file(found, "other", "records/key-policy.json")
    assert "222222222222" not in file(found, "own", "main.tf")


def test_of_several_calls_the_one_in_the_same_account_is_meant(tmp_path: Path) -> None:
    found = compiled(tmp_path, PROFILE)
    assert "module.key.arn" in file(found, "own", "main.tf")
    assert "module.records.arn" in file(found, "other", "main.tf")


def test_an_account_alone_is_reached_by_the_organizations_role(tmp_path: Path) -> None:
    providers = file(compiled(tmp_path, ROLE), "other", "providers.tf")
    assert 'role_arn = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"' in providers


def test_a_rehearsal_keeps_the_accounts_apart(tmp_path: Path) -> None:
    """Without a profile of its own a provider gets the administrator's; with one it keeps it: the rehearsal has it."""
    loopback = Loopback("http://127.0.0.1:1", "us-east-1", tmp_path / "credentials", tmp_path / "config")
    written(compiled(tmp_path, PROFILE), tmp_path / "infra")
    own = override_of(tmp_path / "infra/dev/own", loopback)
    other = override_of(tmp_path / "infra/dev/other", loopback)
    assert '= "administrator"' in own.partition('provider "aws"')[2].partition("\n}\n")[0]
    assert "profile" not in other.partition('provider "aws"')[2].partition("\n}\n")[0]
    assert "shared_credentials_files" in other.partition('provider "aws"')[2].partition("\n}\n")[0]


def test_an_account_that_is_not_named_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(LakewrightError, match="records") as told:
        compiled(tmp_path, '{recordz: "222222222222"}')
    text = "\n".join(str(one) for one in getattr(told.value, "mistakes", (told.value,)))
    assert "LW1304" in text
    assert "platform.yaml:15" in text


def test_two_ways_to_one_account_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(LakewrightError) as told:
        compiled(tmp_path, '{records: {account: "222222222222", profile: a, role: b}}')
    assert "two ways to one account" in str(told.value)
