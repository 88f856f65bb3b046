"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakewright.governance import Principal


@dataclass(frozen=True)
class Caller:
    """One authenticated request: the principal behind the access key, and the region it was signed for."""

    principal: Principal
    access_key: str
    region: str
