"""Mappings generated from the shop's Django models and from its database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from lakewright.errors import MissingError, ProblemError
from lakewright.ingest.django_models import read_models
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.mappings.generate import ColumnShape, TableShape, generate, load_orders
from lakewright.ingest.sources.postgres.catalog import read_catalog
from lakewright.ingest.sources.postgres.shapes import read_shapes

from .test_parse import column_rule, include, mapping

SHOP = Path(__file__).parents[3] / "examples" / "shop"
TABLES = {"tenant", "customer", "product", "order", "orderitem", "event", "subscription", "invoice"}


@pytest.fixture(scope="module")
def models() -> tuple[TableShape, ...]:
    return read_models("shop.settings", SHOP)


def table(name: str, *references: str) -> TableShape:
    return TableShape("s", name, (ColumnShape("id", key=True),), tuple(f"s.{reference}" for reference in references))


def test_the_shop_has_its_eight_tables_parents_first(models: tuple[TableShape, ...]) -> None:
    found = generate(models)
    names = [rule.table for rule in found.mapping.selections]
    assert {f"core_{name}" for name in TABLES} == set(names)
    assert {rule.action for rule in found.mapping.selections} == {"explicit"}
    for child, parents in {
        "customer": ["tenant"],
        "orderitem": ["order", "product"],
        "invoice": ["subscription", "order"],
        "order": ["customer"],
    }.items():
        assert all(names.index(f"core_{parent}") < names.index(f"core_{child}") for parent in parents)
    assert TableMapping.parse(found.mapping.to_json()) == found.mapping
    assert found.mapping.selects("public", "core_order")


def test_personal_data_is_suggested_for_masking_and_left_as_it_is(models: tuple[TableShape, ...]) -> None:
    found = generate(models)
    assert found.mapping.transformations == ()
    suggested = {(s.table, s.column): s.rule.action if s.rule else None for s in found.suggestions}
    assert suggested == {
        ("public.core_customer", "email"): "data-masking-hash-mask",
        ("public.core_customer", "first_name"): "data-masking-hash-mask",
        ("public.core_customer", "last_name"): "data-masking-hash-mask",
        ("public.core_customer", "phone"): "data-masking-digits-mask",
        ("public.core_customer", "metadata"): "remove-column",
        ("public.core_order", "notes"): "remove-column",
        ("public.core_event", "ip_address"): "data-masking-hash-mask",
        ("public.core_event", "user_agent"): "data-masking-hash-mask",
    }
    rules = json.loads(found.mapping.to_json())["rules"]
    rules += [one["rule"] for one in json.loads(found.suggestions_json())["suggestions"]]
    TableMapping.parse(json.dumps({"rules": rules}))


def test_the_tenant_column_is_added_as_text_under_its_own_name(models: tuple[TableShape, ...]) -> None:
    found = generate(models, "tenant_id").mapping.transformations
    assert {rule.table for rule in found} == {f"core[_]{name}" for name in TABLES - {"tenant"}}
    assert {(rule.value, rule.expression) for rule in found} == {("partition_tenant_id", "$tenant_id")}
    first = generate(models, "tenant_id").mapping
    assert len(generate(models, "tenant_id", first).mapping.transformations) == len(first.transformations)


def test_the_database_says_the_same_as_the_models(models: tuple[TableShape, ...], database: str) -> None:
    environment = {**os.environ, "SHOP_DATABASE_URL": database}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=SHOP, env=environment, check=True)
    with psycopg.connect(database) as connection:
        tables = read_catalog(connection, lambda schema, name: name.startswith("core_"))
        shapes = read_shapes(connection, tables)
        everything = generate(shapes, "tenant_id")
        assert everything.mapping == generate(models, "tenant_id").mapping
        assert set(everything.suggestions) == set(generate(models, "tenant_id").suggestions)
        assert set(everything.mapping.resolve(tables)) == {f"public.core_{name}" for name in TABLES}


def test_cycles_and_self_references_have_an_order() -> None:
    orders = load_orders([table("a", "b", "a"), table("b", "a"), table("c", "b"), table("d", "nowhere")])
    assert orders["s.b"] > orders["s.c"] or orders["s.a"] > orders["s.c"]
    assert orders["s.d"] == max(orders.values())
    assert len(load_orders([table("self", "self")])) == 1
    assert load_orders([]) == {}


def test_a_marked_key_is_told_not_masked() -> None:
    shape = TableShape("s", "t", (ColumnShape("email", "PII: who", "text", key=True),))
    (suggestion,) = generate([shape]).suggestions
    assert suggestion.rule is None
    assert "part of the key" in suggestion.reason


def test_projects_with_schemas_proxies_and_chatter(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "conf.py").write_text(
        "print('hello from settings')\nINSTALLED_APPS = ['app']\nDEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
    )
    (tmp_path / "app" / "models.py").write_text(
        "from django.db import models\nprint('and from models')\n"
        "class A(models.Model):\n    code = models.CharField(primary_key=True, max_length=3)\n"
        '    class Meta:\n        db_table = \'"other"."A b"\'\n'
        "class P(A):\n    class Meta:\n        proxy = True\n"
        "class B(models.Model):\n    many = models.ManyToManyField(A)\n    a = models.ForeignKey(A, models.CASCADE)\n"
    )
    found = {shape.label: shape for shape in read_models("conf", tmp_path)}
    assert set(found) == {"other.A b", "public.app_b", "public.app_b_many"}
    assert found["public.app_b"].references == ("other.A b",)
    assert [column.name for column in found["public.app_b_many"].columns] == ["id", "b_id", "a_id"]


def test_projects_that_cannot_be_imported(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"LW331.*No module named 'nowhere'"):
        read_models("nowhere.settings", tmp_path)
    with pytest.raises(MissingError, match="LW330"):
        read_models("shop.settings", SHOP, python="/nowhere/python")


def test_the_mapping_in_use_keeps_its_filters_and_rules(models: tuple[TableShape, ...]) -> None:
    condition = {"filter-type": "source", "column-name": "id", "filter-conditions": [{"filter-operator": "notnull"}]}
    base = mapping(
        include("public", "core[_]order%", filters=[condition]),
        include("public", "%", "2", **{"rule-action": "exclude"})
        | {"object-locator": {"schema-name": "public", "table-name": "%item"}},
        column_rule("remove-column", "notes", "3"),
    )
    found = generate(models, base=base).mapping
    assert TableMapping.parse(found.to_json()) == found
    (selection,) = found.selections
    assert (selection.table, selection.action, len(selection.filters)) == ("core[_]order", "include", 1)
    assert [rule.action for rule in found.transformations] == ["remove-column"]
    assert found.selects("public", "core_order")
    assert not found.selects("public", "core_orderitem")
