"""What a check of the source found: one fact and what to run about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warn", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warn", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """`error` stops ingestion, `warn` may hurt later, `info` is good to know.

    `table` is `schema.name`, or "" when it is about the server or the role. `fix` is SQL for a superuser or the
    tables' owner, ready to run ("" when SQL cannot help); `then` is what else there is to do, in words.
    """

    severity: Severity
    code: str
    table: str
    fact: str
    fix: str = ""
    then: str = ""

    def __str__(self) -> str:
        place = f" {self.table}:" if self.table else ""
        lines = [f"{self.severity} {self.code}{place} {self.fact}"]
        lines += [f"    run: {self.fix}"] if self.fix else []
        lines += [f"    then: {self.then}" if self.fix else f"    do: {self.then}"] if self.then else []
        return "\n".join(lines)
