"""Whatever stands in a request, the gates answer with AWS's errors or not at all: they never break."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked
from tests.rehearse.aws.rules.conftest import ACCOUNT, REGION, Ground
from tests.rehearse.aws.rules.table import Group, filled, groups

GROUPS = tuple(groups())
ODD: tuple[Any, ...] = ("", "x", "arn:", "{}", "[]", 0, -1, 1e9, True, [], [None], ["x"], {}, {"a": "b"}, None)


def variants(value: Any) -> Iterator[Any]:
    """The value with one odd thing in each place."""
    yield from ODD
    match value:
        case dict():
            for key, one in value.items():
                for odd in variants(one):
                    yield {**value, key: odd}
        case list() if value:
            for odd in variants(value[0]):
                yield [odd, *value[1:]]
        case _:
            pass


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS, ids=[f"{group.topic}: {group.name}" for group in GROUPS])
def test_never_breaks(ground: Ground, group: Group) -> None:
    gate = authorised(ground.aws.moto)
    accepted = filled(copy.deepcopy(dict(group.accepted)), ground.names)

    for key, one in accepted.items():
        for odd in variants(one):
            parameters = {**accepted, key: odd}
            ground.refusal(group.service, group.operation, parameters)
            with suppress(Fault):
                gate(Asked(group.service, group.operation, parameters, ACCOUNT, REGION, f"arn:aws:iam::{ACCOUNT}:root"))
