"""The rules of AWS's documentation: what its examples mean, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakewright.errors import Mistakes, SpecError
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.mappings.document import read_json


def include(schema: Any = "public", table: Any = "%", number: Any = "1", **extra: Any) -> dict[str, Any]:
    locator = {"schema-name": schema, "table-name": table}
    rule = {"rule-type": "selection", "rule-id": number, "rule-name": number, "object-locator": locator}
    return {**rule, "rule-action": "include", **extra}


def column_rule(action: str, column: Any = None, number: Any = "2", **extra: Any) -> dict[str, Any]:
    locator = {"schema-name": "%", "table-name": "%"} | ({"column-name": column} if column else {})
    return {
        "rule-type": "transformation",
        "rule-id": number,
        "rule-name": number,
        "rule-target": "column",
        "object-locator": locator,
        "rule-action": action,
        **extra,
    }


def typed(name: str, **parts: int) -> dict[str, Any]:
    return {"data-type": {"type": name, **parts}}


def mapping(*rules: dict[str, Any]) -> TableMapping:
    return TableMapping.parse(json.dumps({"rules": rules}, indent=1))


def refusal(*rules: dict[str, Any]) -> str:
    with pytest.raises(SpecError) as caught:
        mapping(*rules)
    return str(caught.value)


def test_tables_starting_with_a_prefix_are_excluded_from_a_schema() -> None:
    found = mapping(include("Test"), include("Test", "DMS%", "2", **{"rule-action": "exclude"}))
    assert found.selects("Test", "Customer")
    assert not found.selects("Test", "DMSlog")
    assert not found.selects("test", "Customer")


def test_explicit_takes_names_as_they_are() -> None:
    found = mapping(include("NewCust", "a_b%", **{"rule-action": "explicit"}))
    assert found.selects("NewCust", "a_b%")
    assert not found.selects("NewCust", "aXb1")


def test_every_supported_rule_comes_back_as_the_json_it_was() -> None:
    rules = [
        include(
            "public",
            "core[_]%",
            **{
                "load-order": "7",
                "filters": [
                    {
                        "filter-type": "source",
                        "column-name": "id",
                        "filter-conditions": [
                            {"filter-operator": "ste", "value": "10"},
                            {"filter-operator": "between", "start-value": "50", "end-value": "75"},
                        ],
                    }
                ],
            },
        ),
        column_rule("rename", "a", "2", value="b"),
        column_rule("replace-prefix", "%", "3", **{"value": "New_", "old-value": "Pre_"}),
        column_rule(
            "add-column", None, "4", value="x", expression="$a||'_'", **{"data-type": {"type": "string", "length": 50}}
        ),
        column_rule("change-data-type", "n", "5", **typed("numeric", precision=12, scale=2)),
        column_rule("data-masking-digits-mask", "phone", "6", value="#"),
        column_rule("convert-uppercase", "z", "7"),
    ]
    found = mapping(*rules)
    assert json.loads(found.to_json()) == {"rules": rules}
    assert TableMapping.parse(found.to_json()) == found


def test_spec_patterns_and_json_are_two_forms_of_one_mapping() -> None:
    found = TableMapping.from_patterns(["public.core_*", "other.one_table", "public.core_*"])
    assert TableMapping.parse(found.to_json()) == found
    assert found.selects("public", "core_order")
    assert not found.selects("public", "coreXorder")
    assert found.selects("other", "one_table")
    assert not found.selects("other", "oneXtable")


def test_the_references_own_mapping_is_accepted_and_its_flaw_named() -> None:
    """S2, 11.3: an added tenant_id beside the source's tenant_id is the duplicate that DMS does not support."""
    from lakewright.ingest.sources.postgres.catalog import SourceColumn

    rule = column_rule("add-column", value="tenant_id", expression="$tenant_id", **typed("string"))
    found = mapping(include("public", "core_%"), rule)
    columns = [SourceColumn(name, 20, -1, "bigint", True, False, 20) for name in ("id", "tenant_id")]
    with pytest.raises(Mistakes, match='two columns would be called "tenant_id" and "tenant_id"'):
        found.transform("public", "core_order", columns, ["id"])


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            include(number="1", **{"rule-action": "includes"}),
            'LW313 mapping.json:11 /rules/0/rule-action: "includes" is',
        ),
        (include(filter=[]), '"filter" is not supported here; hint: did you mean filters?'),
        (include("public", "[a"), "LW311"),
        (include(**{"load-order": "-1"}), '"load-order" must be a number'),
        (
            {**include(), "object-locator": {"schema-name": "p", "table-name": "t", "table-type": "view"}},
            '"view" is not',
        ),
        ({**include(), "rule-type": "table-settings"}, 'the rule type "table-settings" is not supported'),
        ({**include(), "rule-type": "object-mapping"}, 'the rule type "object-mapping" is not supported'),
    ],
)
def test_wrong_selections_are_refused(rule: dict[str, Any], says: str) -> None:
    assert says in refusal(rule)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (column_rule("define-primary-key"), '"define-primary-key" is not supported for a column'),
        (column_rule("add-before-image-columns"), "Bronze keeps every version of a row"),
        (column_rule("rename", "a"), '"rename" needs "value"'),
        (column_rule("convert-lowercase", "a", value="x"), '"convert-lowercase" takes no "value"'),
        (column_rule("replace-suffix", "a", value="x"), '"replace-suffix" needs "old-value"'),
        (column_rule("rename", value="x"), '"column-name" is missing'),
        (
            column_rule("change-data-type", "a", **{"data-type": {"type": "int9"}}),
            'the data type "int9" is not supported',
        ),
        (column_rule("change-data-type", "a", **typed("numeric", precision=39)), "numeric(39,0)"),
        (column_rule("data-masking-digits-mask", "a", value=" "), "no masking character"),
        (column_rule("data-masking-digits-mask", "a", value="xx"), "no masking character"),
        (column_rule("add-column", value="x", expression="$a ||"), "LW316"),
        (column_rule("convert-lowercase", "a", **{"rule-target": "tablespace"}), '"tablespace" is no rule-target'),
    ],
)
def test_wrong_transformations_are_refused(rule: dict[str, Any], says: str) -> None:
    assert says in refusal(include(), rule)


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ([{"filter-operator": "gt", "value": "1"}], '"gt" is no filter-operator'),
        ([{"filter-operator": "between", "value": "1"}], '"start-value" is missing'),
        ([{"filter-operator": "null", "value": "1"}], '"value" is not supported here'),
        ([{"filter-operator": "noteq", "value": "1"}, {"filter-operator": "eq", "value": "2"}], "must be the only"),
    ],
)
def test_wrong_filters_are_refused(conditions: list[dict[str, str]], says: str) -> None:
    one = {"filter-type": "source", "column-name": "id", "filter-conditions": conditions}
    assert says in refusal(include(filters=[one]))
    excluding = include(number="2", filters=[one], **{"rule-action": "exclude"})
    assert "an exclude rule has no filters" in refusal(include(), excluding)


def test_all_mistakes_come_at_once_with_their_lines() -> None:
    text = '{\n"rules": [\n{"rule-type": "selection", "rule-id": "1",\n"rule-name": "1"},\n{"rule-type": "x"}\n]\n}'
    with pytest.raises(Mistakes) as caught:
        TableMapping.parse(text, "m.json")
    places = [mistake.place for mistake in caught.value.mistakes]
    assert "m.json:3 /rules/0" in places
    assert "m.json:5 /rules/1/rule-type" in places


def test_rule_ids_and_names_are_unique() -> None:
    assert '"1" is also the rule-id of /rules/0' in refusal(include(), include("other"))


def test_no_selection_is_a_mistake() -> None:
    assert "no selection rule" in refusal()


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"rules": [}', '{"rules": [], "rules": []}', "\ufeff{}"])
def test_what_is_no_json_is_said_so(text: str) -> None:
    with pytest.raises(SpecError, match="LW310"):
        TableMapping.parse(text)


@pytest.mark.parametrize(
    "text", ["[]", "3", "null", '{"rules": 3}', '{"rules": [3]}', '{"rules": [{"object-locator": 1}]}']
)
def test_json_of_another_shape_is_a_mistake_not_a_crash(text: str) -> None:
    with pytest.raises(SpecError):
        TableMapping.parse(text)


def test_lines_of_values() -> None:
    document = read_json('{"a": [1,\n 2, {"b\\"}":\n {}}],\n "c": "]",\n"d": []}', "f")
    assert document.lines == {"": 1, "/a": 1, "/a/0": 1, "/a/1": 2, "/a/2": 2, '/a/2/b"}': 3, "/c": 4, "/d": 5}
