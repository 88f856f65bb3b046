"""Listings in pages and segments, cut after what is hidden is gone: a token counts visible things only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from lakewright.rehearse.aws.faults import Fault

MOST = 1000
T = TypeVar("T")


def page(items: Sequence[Any], name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a listing that `NextToken` and `MaxResults` ask for. Raises Fault InvalidInputException."""
    start = _number(body.get("NextToken") or "0", "NextToken", 0)
    most = min(_number(body.get("MaxResults") or MOST, "MaxResults", 1), MOST)
    shown = list(items[start : start + most])
    rest = {"NextToken": str(start + most)} if start + most < len(items) else {}
    return {name: shown, **rest}


def segment(items: Sequence[T], body: Mapping[str, Any]) -> Sequence[T]:
    """The share of one of several readers that each take a segment. Raises Fault InvalidInputException."""
    asked = body.get("Segment")
    if asked is None:
        return items
    if not isinstance(asked, dict):
        raise _wrong("Segment")
    total = _number(asked.get("TotalSegments"), "TotalSegments", 1)
    number = _number(asked.get("SegmentNumber"), "SegmentNumber", 0)
    if not number < total <= 10:
        raise _wrong("SegmentNumber")
    return items[number::total]


def _number(value: object, name: str, least: int) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise _wrong(name)
    return int(text)


def _wrong(name: str) -> Fault:
    return Fault("InvalidInputException", f"{name} is not valid")
