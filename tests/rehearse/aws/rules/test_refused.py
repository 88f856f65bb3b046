"""Configurations that AWS refuses are refused; what they were made from is not."""

from __future__ import annotations

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.rehearse.aws.rules.conftest import Ground
from tests.rehearse.aws.rules.table import Group, Row, filled, groups, rows

ROWS = tuple(rows())
GROUPS = tuple(groups())


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_refused(ground: Ground, row: Row) -> None:
    call = getattr(ground.client(row.group.service), xform_name(row.group.operation))

    with pytest.raises(ClientError) as caught:
        call(**row.parameters(ground.names))

    error = caught.value.response["Error"]
    assert error["Code"] == row.code, error
    assert row.says in error["Message"]


@pytest.mark.parametrize("group", GROUPS, ids=[group.name for group in GROUPS])
def test_accepted(ground: Ground, group: Group) -> None:
    fault = ground.refusal(group.service, group.operation, filled(dict(group.accepted), ground.names))

    assert fault is None, fault.code + ": " + fault.message


def test_there_are_many() -> None:
    assert len(ROWS) >= 300
    assert len({row.name + str(row.change) for row in ROWS}) == len(ROWS)
