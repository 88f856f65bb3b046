"""Classes of columns as LF-Tags. A resource has one value of a tag, so `pii` is a tag beside the class itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lakewright.components.component import Context
from lakewright.components.deployed import deployed
from lakewright.governance import Policy, TableFacts, policy_of, table_classes

PII = "pii"
CLASS = "class"


def table_facts(context: Context) -> list[TableFacts]:
    """Tables that are in the catalog before any job ran: those that models write, and Bronze where it is known."""
    found = [
        TableFacts(model.name, model.schema, table_classes({column.name: column.pii for column in model.columns}))
        for model in deployed(context).models.values()
    ]
    return sorted(found, key=lambda table: table.name)


def column_tags(context: Context) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """(table, column) → tag → value, of columns that have a class."""
    policy = policy_of(context.project)
    return {
        (table.name, column): _tags(classes)
        for table in table_facts(context)
        for column, classes in sorted(_classes(policy, table).items())
    }


def tag_values(context: Context) -> dict[str, list[str]]:
    """Tag → all its values."""
    found: dict[str, set[str]] = {}
    for tags in column_tags(context).values():
        for key, value in tags.items():
            found.setdefault(key, set()).add(value)
    return {key: sorted(values) for key, values in sorted(found.items())}


def _classes(policy: Policy, table: TableFacts) -> Mapping[str, frozenset[str]]:
    return policy.classes_of(table)


def _tags(classes: Iterable[str]) -> dict[str, str]:
    named = sorted(set(classes) - {PII})
    tags = {PII: "yes"} if PII in classes else {}
    return {**tags, CLASS: "+".join(named)} if named else tags
