"""What is asked of a policy, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lakewright.governance.masks import Mask
from lakewright.governance.predicate import Predicate
from lakewright.governance.principals import Identity


@dataclass(frozen=True)
class TableFacts:
    """What a decision needs to know of a table: `columns` name → canonical type, in order; `classes` column → classes
    of personal data (`pii`, `email`…), as models' headers say."""

    name: str
    columns: Mapping[str, str]
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def identity(self) -> Identity:
        """Equal for two that every policy treats alike."""
        classes = sorted(self.classes.items(), key=lambda item: item[0])
        return Identity(self.name, tuple(self.columns.items()), tuple(classes))


@dataclass(frozen=True)
class Allowed:
    """What the principal gets of the table.

    `columns`: those that are visible, in the table's order. `rows`: the rows that are; None means every row. It may
    name columns that are not visible, and is asked of the stored values, before masks. `cells`: columns visible only
    in those of the visible rows that fit; NULL elsewhere. `masks`: column → how its visible values are changed.
    `because`: each grant, filter and mask that had a part in it, as `platform.yaml:31 access.grants[0]`.
    `grantable`: whether the principal may pass this privilege on.
    """

    columns: tuple[str, ...]
    rows: Predicate | None = None
    cells: Mapping[str, Predicate] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    grantable: bool = False

    @property
    def fingerprint(self) -> str:
        """Changes whenever what the principal gets changes; reasons do not count."""
        what = (self.columns, self.rows, sorted(self.cells.items()), sorted(self.masks.items()))
        return hashlib.sha256(repr(what).encode()).hexdigest()


@dataclass(frozen=True)
class Denied:
    """Nothing is permitted; `reason` is for those who may read the policy, not for the one who asked."""

    reason: str
    because: tuple[str, ...] = ()


Decision = Allowed | Denied
