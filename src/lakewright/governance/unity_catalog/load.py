"""A policy out of what a catalog holds, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.governance.masks import KINDS, Mask
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Privilege
from lakewright.governance.rules import EVERY_CLASS, NOBODY, Filter, MaskRule
from lakewright.governance.rules import Grant as Given
from lakewright.governance.unity_catalog.data import ColumnMask, Grant, UnityCatalog, masked, ticked
from lakewright.spec import Secret
from lakewright.spec.rows import EVERY_ACCOUNT, CallerIs, parse_unity_rows, parts_of

_MEANING = {
    "SELECT": frozenset({Privilege.SELECT}),
    "MODIFY": frozenset({Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE}),
    "MANAGE": frozenset({Privilege.ALTER, Privilege.DROP}),
}
PLACE = "Unity Catalog"


def load_unity_catalog(state: UnityCatalog, salt: Secret | None = None) -> Policy:
    """The policy that these objects are. `salt` is what the workspace's secret of that name holds.

    A grant counts only with USE CATALOG and USE SCHEMA of the same group or user.
    """
    loader = _Loader(state, salt)
    filters = [
        Filter(f"{PLACE}: {one.function}", (loader.table(one.table),), rows=parse_unity_rows(one.condition))
        for one in state.row_filters
    ]
    blanks = [
        Filter(
            f"{PLACE}: {one.function}",
            (loader.table(one.table),),
            rows=parse_unity_rows(one.shown_where),
            columns=(one.column,),
        )
        for one in state.column_masks
        if one.shown_where
    ]
    masks = [mask for one in state.column_masks for mask in loader.masks(one)]
    return Policy(grants=tuple(loader.grants()), filters=(*filters, *blanks), masks=tuple(masks))


class _Loader:
    def __init__(self, state: UnityCatalog, salt: Secret | None) -> None:
        self.state = state
        self.salt = salt
        self.used = {
            (grant.principal, grant.name)
            for grant in state.grants
            if {"USE CATALOG", "USE SCHEMA"} & set(grant.privileges)
        }

    def table(self, name: str) -> str:
        """`silver.customer` of `lakehouse.silver.customer`."""
        return name.partition(".")[2]

    def grants(self) -> Iterator[Given]:
        for grant in self.state.grants:
            schema = grant.name.rpartition(".")[0] if grant.securable == "TABLE" else grant.name
            if {(grant.principal, self.state.catalog), (grant.principal, schema)} <= self.used:
                yield from self._given(grant)

    def _given(self, grant: Grant) -> Iterator[Given]:
        everyone = (grant.kind, grant.principal) == ("group", EVERY_ACCOUNT)
        to = frozenset({"everyone" if everyone else f"{grant.kind}:{grant.principal}"})
        place = f"{PLACE}: {grant.principal} on {grant.name}"
        manages = "MANAGE" in grant.privileges
        if grant.securable == "TABLE":
            can = frozenset().union(*(_MEANING[name] for name in grant.privileges))
            yield Given(place, (self.table(grant.name),), to=to, can=can, classes=EVERY_CLASS, grantable=manages)
        elif grant.securable == "SCHEMA":
            whole = (f"{self.table(grant.name)}.*",)
            made = {Privilege.CREATE} if "CREATE TABLE" in grant.privileges else set()
            can = frozenset(made | (_MEANING["MANAGE"] if manages else set()))
            if can:  # the use of a schema alone shows no table
                yield Given(place, whole, to=to, can=can, grantable=manages)

    def masks(self, one: ColumnMask) -> Iterator[MaskRule]:
        if one.otherwise == ticked(one.column):
            return
        type_ = one.parameters[0].type
        kind = next(kind for kind in KINDS if masked(kind, one.column, type_) == one.otherwise)
        exempt = NOBODY
        for part in parts_of(parse_unity_rows(one.unmasked_for)) if one.unmasked_for else ():
            match part:
                case CallerIs(subjects):
                    exempt |= subjects
        table = self.table(one.table)
        mask = Mask(kind, self.salt if kind == "hash" else None)
        place = f"{PLACE}: {one.function}"
        yield MaskRule(place, (table,), mask=mask, columns=((table, one.column),), exempt=exempt)
