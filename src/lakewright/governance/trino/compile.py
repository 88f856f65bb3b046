"""A policy as Trino's rules, user by user: filters and masks with the user's own constants.

Reading only: through `lakewright serve` nobody writes the lake, and a table that may be described and not read is
hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lakewright.errors import Mistakes, SpecError
from lakewright.governance.decisions import Allowed, TableFacts
from lakewright.governance.lake_formation.data import KINDS, masked
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import Predicate, double_quoted
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.targets import inexpressible, rows_text, standard_literal, time_limits
from lakewright.governance.trino.data import TARGET, ColumnRule, TableRule, TrinoRules
from lakewright.spec.access import Targets


def compile_trino(
    policy: Policy,
    principals: Iterable[Principal],
    tables: Iterable[TableFacts],
    targets: Targets,
    at: datetime,
    catalog: str = "lake",
) -> TrinoRules:
    """The rules under which these principals read of these tables what the policy says.

    Raises Mistakes (LW1010) with everything that Trino cannot express, each with the rule and a way out.
    """
    people = sorted(principals, key=lambda principal: principal.name)
    known = sorted(tables, key=lambda table: table.name)
    rules: list[TableRule] = []
    mistakes: list[SpecError] = list(time_limits(TARGET, policy, targets))
    for principal in people:
        for table in known:
            decision = policy.decide(principal, table, Privilege.SELECT, at)
            if isinstance(decision, Allowed):
                mistakes += _salted(policy, principal, table, decision)
                rules.append(_rule(principal, table, decision))
    if mistakes:
        raise Mistakes({str(mistake): mistake for mistake in mistakes}.values())
    return TrinoRules(catalog, tuple(principal.name for principal in people), tuple(rules))


def _salted(policy: Policy, principal: Principal, table: TableFacts, decision: Allowed) -> Iterator[SpecError]:
    kinds = {mask.kind for mask in decision.masks.values()}
    for rule in policy.index.masks.on(table.name):
        if rule.mask.kind in kinds - set(KINDS) and rule.concerns(principal) and rule.place in decision.because:
            way_out = "let a model write the hash into a column of its own, or use another mask"
            yield inexpressible(TARGET, rule.place, f"would show the salt in its rules for {table.name}", way_out)


def _rule(principal: Principal, table: TableFacts, decision: Allowed) -> TableRule:
    database, name = table.name.split(".", 1)
    columns = [one for column in table.columns if (one := _column(column, decision)) is not None]
    return TableRule(principal.name, database, name, tuple(columns), _condition(decision.rows))


def _column(column: str, decision: Allowed) -> ColumnRule | None:
    """None for a column that is shown as it is."""
    if column not in decision.columns:
        return ColumnRule(column)
    mask, only = decision.masks.get(column), decision.cells.get(column)
    if mask is None and only is None:
        return None
    shown = double_quoted(column) if mask is None or mask.kind not in KINDS else masked(mask.kind, column)
    return ColumnRule(column, shown if only is None else f"IF({_condition(only)}, {shown})")


def _condition(predicate: Predicate | None) -> str:
    return "" if predicate is None else rows_text(predicate, double_quoted, standard_literal)
