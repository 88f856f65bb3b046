"""Every error a person can meet: a code, the place, the fact and a hint.

Codes by hundreds: LW1xx spec, LW2xx source database, LW3xx ingest, LW4xx storage and Bronze, LW5xx models and dialect,
LW6xx tables and engines, LW7xx pipeline, LW8xx machine, LW9xx command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class LakewrightError(Exception):
    """A mistake or failure that is explained to a person; `exit_code` is what the command line ends with.

    `place` is `file:line`, a table or an address; `hint` says what to do next. Both may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, fact: str, *, place: str = "", hint: str = "") -> None:
        self.code = code
        self.fact = fact
        self.place = place
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        text = " ".join(part for part in (self.code, f"{self.place}:" if self.place else "", self.fact) if part)
        return f"{text}; hint: {self.hint}" if self.hint else text

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "place": self.place, "fact": self.fact, "hint": self.hint}


class ProblemError(LakewrightError):
    """The work was understood and found or met a problem."""


class SpecError(LakewrightError):
    """What the user wrote (spec, model, arguments) is wrong."""

    exit_code = 2


class MissingError(LakewrightError):
    """Something on this machine is missing (a program, a package, a right)."""

    exit_code = 3


class Mistakes(SpecError):  # noqa: N818 - several errors, named for what it holds
    """All mistakes of one validation pass, together; what several have found is told once."""

    def __init__(self, mistakes: Iterable[LakewrightError]) -> None:
        self.mistakes = tuple({(type(one), str(one)): one for one in mistakes}.values())
        first = self.mistakes[0]
        super().__init__(first.code, first.fact, place=first.place, hint=first.hint)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)
