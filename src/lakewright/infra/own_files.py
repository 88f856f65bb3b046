"""Mistakes in Terraform that people write beside a compiled stack, which AWS or Databricks would tell late or never.

Sources: Terraform, "Backend block configuration" (no named values in it); Amazon VPC, "NAT gateways" (no security
groups); EC2, "Security group rules"; AWS Billing, "Monitor estimated charges" (the metric adds up over the month);
S3, "Protecting data with server-side encryption" (a policy that asks for aws:kms); Databricks, "Unity Catalog
privileges" (USE CATALOG and USE SCHEMA).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lakewright.errors import SpecError
from lakewright.infra.hcl_read import Block, HclError, read_blocks
from lakewright.infra.override import OVERRIDE

_NAMED = re.compile(r"\b(var|local|data|module|each|path)\.")
_ADDRESSES = re.compile(r'"(\d{1,3}(?:\.\d{1,3}){3}/\d{1,2})"')
_ZONE = re.compile(r'"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]"')
_A_DAY = re.compile(r"daily|per[_ -]?day|\bday\b", re.IGNORECASE)
_DEMANDS_KMS = "s3:x-amz-server-side-encryption"
_OF_NAT = ("security_group_ids", "security_groups", "vpc_security_group_ids")
_OF_GROUPS = ("referenced_security_group_id", "security_groups", "source_security_group_id", "vpc_security_group_ids")


@dataclass(frozen=True)
class _Wrong:
    line: int
    fact: str
    hint: str


def own_mistakes(folder: Path, stacks: Mapping[str, Collection[str]], region: str) -> Iterator[SpecError]:
    """What is wrong in the `.tf` files below `folder` (`infra/ENV`) that are none of ours: stack → names of ours.

    All are SpecError LW1397 with file and line. What cannot be read is left to Terraform.
    """
    for stack, ours in sorted(stacks.items()):
        for path in sorted((folder / stack).glob("*.tf")):
            if path.name in ours or path.name == OVERRIDE:
                continue
            try:
                blocks = read_blocks(path.read_text(encoding="utf-8"))
            except (HclError, UnicodeDecodeError):
                continue
            place = path.relative_to(folder.parent.parent).as_posix()
            for wrong in _of_blocks(blocks, region):
                yield SpecError("LW1397", wrong.fact, place=f"{place}:{wrong.line}", hint=wrong.hint)


def _of_blocks(blocks: Collection[Block], region: str) -> Iterator[_Wrong]:
    for block in blocks:
        for rule in _RULES:
            yield from rule(block)
        yield from _zones(block, region)
    yield from _encryption([one for block in blocks for one in _within(block)])


def _within(block: Block) -> Iterator[Block]:
    """The block and all that are nested in it."""
    yield block
    for inner in block.blocks:
        yield from _within(inner)


def _backend(block: Block) -> Iterator[_Wrong]:
    for inner in block.blocks if block.kind == "terraform" else ():
        for name, value in inner.attributes.items() if inner.kind == "backend" else ():
            if _NAMED.search(value):
                fact = f"the backend's `{name}` is {value}: a backend is read before variables and data sources are"
                yield _Wrong(inner.line, fact, "write the value, or `terraform init -backend-config`")


def _nat(block: Block) -> Iterator[_Wrong]:
    if block.labels[:1] == ("aws_nat_gateway",):
        for name in _OF_NAT:
            if name in block.attributes:
                hint = "network ACLs of its subnet, and the groups of those who go out through it"
                yield _Wrong(block.line, f"a NAT gateway has no security group (`{name}`)", hint)


def _groups(block: Block) -> Iterator[_Wrong]:
    """Addresses where a security group is named: `--source-group 10.0.0.0/16`, as Terraform."""
    for one in _within(block):
        for name in _OF_GROUPS:
            if found := _ADDRESSES.search(one.attributes.get(name, "")):
                fact = f"`{name}` names a security group, and {found[1]} are addresses"
                yield _Wrong(one.line, fact, "cidr_blocks or cidr_ipv4; or the id of the group that is meant")


def _charges(block: Block) -> Iterator[_Wrong]:
    said = block.attributes
    if block.labels[:1] == ("aws_cloudwatch_metric_alarm",) and "EstimatedCharges" in said.get("metric_name", ""):
        words = " ".join((*block.labels, said.get("alarm_name", ""), said.get("alarm_description", "")))
        if _A_DAY.search(words):
            fact = "EstimatedCharges adds up over the month: a fixed threshold for a day is passed every month"
            yield _Wrong(block.line, fact, "a RATE of it in `metric_query`; or `budget: {daily: 30USD}` in `infra`")


def _usage(block: Block) -> Iterator[_Wrong]:
    if block.labels[:1] in (("databricks_grants",), ("databricks_grant",)):
        for one in _within(block):
            if re.search(r'"USAGE"', one.attributes.get("privileges", "")):
                yield _Wrong(one.line, "USAGE is no privilege of Unity Catalog", "USE_CATALOG, USE_SCHEMA")


def _encryption(blocks: Collection[Block]) -> Iterator[_Wrong]:
    """SSE-S3 by default, beside a policy that takes SSE-KMS only: whoever says nothing when writing is refused."""
    texts = [value for block in blocks for value in block.attributes.values()]
    if not any(_DEMANDS_KMS in text and '"aws:kms"' in text for text in texts):
        return
    for block in blocks:
        if block.attributes.get("sse_algorithm") == '"AES256"':
            fact = "SSE-S3 is the default of a bucket here, and a policy here refuses what is not encrypted with KMS"
            yield _Wrong(block.line, fact, 'sse_algorithm = "aws:kms", and kms_master_key_id')


def _zones(block: Block, region: str) -> Iterator[_Wrong]:
    for one in _within(block):
        for name in ("availability_zone", "availability_zones", "azs"):
            for found in _ZONE.finditer(one.attributes.get(name, "")):
                if found[1] != region:
                    fact = f"{found[0]} is a zone of {found[1]}, and this environment is in {region}"
                    yield _Wrong(one.line, fact, f'"{region}a"')


_RULES: tuple[Callable[[Block], Iterator[_Wrong]], ...] = (_backend, _nat, _groups, _charges, _usage)
