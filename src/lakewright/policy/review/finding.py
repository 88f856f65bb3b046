"""A mistake or a doubt about one statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lakewright.errors import SpecError


class Kind(Enum):
    """What a document is for; it decides its length and which keys its requests can have."""

    SERVICE_CONTROL = "service control policy"
    PERMISSION_SET = "permission set"
    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"


@dataclass(frozen=True, slots=True)
class Finding:
    """`sure`: a mistake, refused; otherwise a doubt, which is told. `place` names document, statement and Sid."""

    code: str
    place: str
    fact: str
    hint: str = ""
    sure: bool = True

    def error(self) -> SpecError:
        return SpecError(self.code, self.fact, place=self.place, hint=self.hint)
