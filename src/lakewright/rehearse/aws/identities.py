"""Who can sign requests, and as whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakewright.governance.principals import Principal


@dataclass(frozen=True, slots=True)
class Identity:
    """A declared principal. An administrator may do everything, as every other may what the grants say."""

    principal: Principal
    administrator: bool

    @property
    def name(self) -> str:
        return self.principal.name


Identities = Callable[[], Mapping[str, Identity]]
"""The declared principals by name, as they are now: whoever is no longer there is refused at once."""
