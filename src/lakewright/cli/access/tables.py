"""The tables that rules are about, with their columns and classes."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.governance import TableFacts, table_classes
from lakewright.models import Models


def table_facts(models: Models, bronze: Mapping[str, Mapping[str, str]]) -> dict[str, TableFacts]:
    """Every table by name: Bronze and change logs as given, Silver and Gold as the models' headers say."""
    found = {name: TableFacts(name, dict(columns)) for name, columns in bronze.items()}
    for name, model in models.items():
        classes = table_classes({column.name: column.pii for column in model.columns})
        found[name] = TableFacts(name, model.schema, classes)
    return dict(sorted(found.items()))
