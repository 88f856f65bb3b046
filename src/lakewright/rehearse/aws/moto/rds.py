"""RDS: a parameter that a user set says so. Source: API_DescribeDBParameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto.rds.models import DBParameterGroup

from lakewright.rehearse.aws.moto.additions import wrap


def install() -> None:
    wrap(DBParameterGroup, "update_parameters", _update)


def _update(original: Callable[..., Any], self: Any, new_parameters: Iterable[dict[str, Any]]) -> Any:
    return original(self, [{**one, "Source": "user"} for one in new_parameters])
