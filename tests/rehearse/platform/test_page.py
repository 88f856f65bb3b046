"""The page is whole HTML, needs nothing from elsewhere, and escapes what it shows."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from lakewright.rehearse.platform.criteria import judged
from lakewright.rehearse.platform.evidence import Answer, Evidence, StackSeen
from lakewright.rehearse.platform.page import page
from lakewright.rehearse.platform.report import RehearsalReport

VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; what is loaded from elsewhere is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(evidence: Evidence) -> RehearsalReport:
    return RehearsalReport(
        platform="shop",
        blueprint="lakehouse-cdc@1",
        environment="dev",
        started="2026-01-01T00:00:00+00:00",
        terraform="terraform 1.11.4",
        evidence=evidence,
        criteria=judged(evidence),
        seconds={"apply every stack": 120.5},
        total_seconds=130.0,
        coverage={"executed": {"s3:PutObject": 3}},
        overrides={"foundation": 'provider "aws" {}'},
    )


def seen() -> Evidence:
    return Evidence(
        "dev",
        stacks=[StackSeen("foundation", 2, {"add": 2}, {"apply": 3.0}, ("<script>alert(1)</script>",))],
        second_plan=True,
        answers=[Answer("Analyst", "SELECT '<b>'", 3, ("2",), ("1",))],
        cost={"usd": 10.0, "by_service": {"s3": 10.0}, "region": "us-east-1", "noted": "2025-06", "lines": []},
    )


def test_the_page_is_whole_and_self_contained() -> None:
    text = page(report(seen()))
    reader = Balance()
    reader.feed(text)
    assert reader.open == []
    assert reader.loads == []
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "Not everything works" in text


def test_json_says_the_same() -> None:
    facts = json.loads(json.dumps(report(seen()).as_dict()))
    assert [one["ok"] for one in facts["criteria"]][7] is False
    assert facts["grades"]["executed"] > 0
    assert facts["evidence"]["answers"][0]["sees"] == ["2"]
