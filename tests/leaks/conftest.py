"""One platform for all tests that do not change it, and the report at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from .tally import PREFIX
from .world import World
from .world import world as opened


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Shared: policy and lake stay as they are."""
    with opened(tmp_path_factory.mktemp("leaks"), service=True) as found:
        (found.project.parent / "outside").mkdir()
        yield found


def pytest_terminal_summary(terminalreporter: Any) -> None:
    figures: dict[str, float] = defaultdict(float)
    seconds = 0.0
    for reports in terminalreporter.stats.values():
        for report in reports:
            if "tests/leaks/" not in str(getattr(report, "nodeid", "")):
                continue
            seconds += getattr(report, "duration", 0.0)
            if getattr(report, "when", "") != "call":
                continue
            for name, value in getattr(report, "user_properties", ()):
                if name.startswith(PREFIX):
                    figures[name.removeprefix(PREFIX)] += value
    if figures:
        terminalreporter.section("leaks")
        for name, value in sorted(figures.items()):
            terminalreporter.write_line(f"{name:<60} {value:>12,.0f}")
        terminalreporter.write_line(f"{'seconds of work in tests':<60} {seconds:>12,.0f}")
