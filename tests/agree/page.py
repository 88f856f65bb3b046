"""Writes the table of docs/access-agree.md: `python -m tests.agree.page` puts it there, `--check` compares.

Each persona of the blueprint lakehouse-cdc with the user who has it: what the spec, Lake Formation and Unity Catalog
decide about every table, column and kind of row.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lakewright.governance import Allowed, Privilege
from lakewright.governance.agreement import Agreement, Applied, agreement
from lakewright.governance.questions import condition_text

from .applied import NOW, Both, both

PAGE = Path(__file__).parents[2] / "docs" / "access-agree.md"
BEGIN, END = "<!-- table: python -m tests.agree.page -->\n", "<!-- end -->"


def table(running: Both) -> str:
    """The table, and below it what is explained."""
    lake, unity = running.lake(), running.unity()
    lines = [
        "| user | persona | reads | decisions | Lake Formation, as the role | Unity Catalog, as the user |",
        "| --- | --- | --- | --- | --- | --- |",
        *_rows(running, lake, unity),
    ]
    notes = [*_notes("Lake Formation", agreement(lake, NOW)), *_notes("Unity Catalog", agreement(unity, NOW))]
    return "\n".join([*lines, "", "What follows from what a system is:", "", *notes]) + "\n"


def _rows(running: Both, lake: Applied, unity: Applied) -> Iterator[str]:
    for user, principal in running.wanted.people.items():
        roles = [*(f"group:{name}" for name in principal.groups), *(f"persona:{name}" for name in principal.personas)]
        role = next((one for one in lake.seats if one.name in roles and one.name.startswith("group:")), None) or next(
            (one for one in lake.seats if one.name in roles), None
        )
        as_user = agreement(replace(unity, seats=[one for one in unity.seats if one.name == user]), NOW)
        as_role = agreement(replace(lake, seats=[role] if role else []), NOW)
        cells = (
            user,
            ", ".join(sorted(principal.personas)) or "none",
            _reads(running, unity, user),
            f"{as_role.decisions + as_user.decisions:,}",
            f"{_said(as_role)} ({role.name})" if role else "no role",
            _said(as_user),
        )
        yield f"| {' | '.join(cells)} |"


def _reads(running: Both, unity: Applied, user: str) -> str:
    """How many tables, and which of their rows."""
    principal = running.wanted.people[user]
    found = [
        decision
        for one in running.wanted.tables.values()
        if isinstance(decision := unity.spec.decide(principal, one, Privilege.SELECT, NOW), Allowed)
    ]
    rows = sorted({condition_text(one.rows) for one in found if one.rows is not None})
    masked = sum(len(one.masks) for one in found)
    parts = [f"{len(found)} tables"] if found else ["nothing"]
    parts += [f"where {', '.join(rows)}"] if rows else []
    parts += [f"{masked} columns masked"] if masked else []
    return "; ".join(parts)


def _said(found: Agreement) -> str:
    wrong = sum(not one.explained for one in found.differences)
    explained = len(found.differences) - wrong
    return (f"{wrong} differences" if wrong else "equal") + (f", {explained} explained" if explained else "")


def _notes(system: str, found: Agreement) -> Iterator[str]:
    """Each reason once, with whom and what it is about."""
    about: dict[str, dict[str, None]] = {}
    for one in found.differences:
        owned = "owns" in one.reason
        reason = "owns what it made" if owned else one.reason
        who = "the program that made the catalog" if owned else f"{one.principal} on {one.table}"
        about.setdefault(reason, {})[who] = None
    for reason, whom in about.items():
        yield f"- {system}: {', '.join(whom)}: {reason}"


def with_table(page: str, text: str) -> str:
    """The page with another table."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + text + "\n" + END + rest.partition(END)[2]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as running:
        page = PAGE.read_text(encoding="utf-8")
        fresh = with_table(page, table(running))
    if "--check" in sys.argv:
        return int(page != fresh)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
