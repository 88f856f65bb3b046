"""What happens to Bronze rows of one table, in the stream and in a snapshot."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from lakewright.errors import Mistakes, ProblemError, SpecError
from lakewright.ingest.mappings import TableMapping, TableTransform
from lakewright.ingest.sources.postgres.catalog import SourceColumn, SourceTable
from lakewright.ingest.sources.postgres.types import canonical_type
from lakewright.models.types import arrow_type

from .test_parse import column_rule, include, mapping, typed

SYSTEM = {
    "Op": pa.string(),
    "_commit_ts": pa.timestamp("us", tz="UTC"),
    "_lsn": pa.int64(),
    "_seq": pa.int64(),
    "_unchanged": pa.list_(pa.string()),
    "_special": pa.map_(pa.string(), pa.string()),
    "_old_key": pa.string(),
}
TYPES = {
    "id": (20, -1),
    "tenant_id": (20, -1),
    "phone": (1043, -1),
    "notes": (25, -1),
    "total": (1700, (12 << 16 | 2) + 4),
    "due": (1082, -1),
    "ok": (16, -1),
}
COLUMNS = [SourceColumn(n, oid, mod, "", True, False, oid, number=i) for i, (n, (oid, mod)) in enumerate(TYPES.items())]
AT = datetime(2025, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)


def rows(*changes: dict[str, Any], columns: dict[str, tuple[int, int]] = TYPES) -> pa.Table:
    base = {"Op": "I", "_commit_ts": AT, "_lsn": (1 << 32) + 0xAB, "_seq": 3}
    data = [{**base, **change} for change in changes]
    schema = {**SYSTEM, **{name: arrow_type(canonical_type(*kind)) for name, kind in columns.items()}}
    arrays = [pa.array([change.get(name) for change in data], kind) for name, kind in schema.items()]
    return pa.Table.from_arrays(arrays, names=list(schema))


def plan(*rules: dict[str, Any], key: tuple[str, ...] = ("id",)) -> TableTransform:
    return mapping(include(), *rules).transform("public", "core_order", COLUMNS, key)


def filtered(column: str, operator: str, **value: str) -> TableTransform:
    condition = {"filter-operator": operator, **value}
    one = {"filter-type": "source", "column-name": column, "filter-conditions": [condition]}
    return mapping(include(filters=[one])).transform("public", "core_order", COLUMNS, ["id"])


def applied(transform: TableTransform, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    table = transform.apply(rows(*changes))
    assert table.column_names == [*SYSTEM, *(column.name for column in transform.columns)]
    wanted = {column.name: arrow_type(column.type) for column in transform.columns}
    assert {name: table.schema.field(name).type for name in wanted} == wanted
    return [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]


def test_without_rules_rows_go_through_untouched() -> None:
    transform = plan()
    table = rows({"id": 1})
    assert transform.changes_nothing
    assert transform.apply(table) is table


def test_columns_are_renamed_removed_retyped_masked_and_added() -> None:
    transform = plan(
        column_rule("rename", "tenant_id", "2", value="tenant"),
        column_rule("remove-column", "n%", "3"),
        column_rule("change-data-type", "total", "4", **typed("string")),
        column_rule("data-masking-digits-mask", "phone", "5", value="*"),
        column_rule("add-column", None, "6", value="double", expression="$total * 2", **typed("numeric", scale=3)),
        column_rule("add-column", None, "7", value="empty", **typed("datetime", precision=6)),
    )
    assert [(c.name, c.type, c.source) for c in transform.columns] == [
        ("id", "bigint", "id"),
        ("tenant", "bigint", "tenant_id"),
        ("phone", "string", "phone"),
        ("total", "string", "total"),
        ("due", "date", "due"),
        ("ok", "boolean", "ok"),
        ("double", "decimal(38,3)", None),
        ("empty", "timestamp_ntz", None),
    ]
    (row,) = applied(transform, {"id": 1, "tenant_id": 7, "phone": "+49 30", "notes": "x", "total": Decimal("1.50")})
    assert {name: row[name] for name in row if name not in SYSTEM} == {
        "id": 1,
        "tenant": 7,
        "phone": "+** **",
        "total": "1.50",
        "double": Decimal("3.000"),
    }
    assert transform.snapshot_select().columns == ("id", "tenant_id", "phone", "total", "due", "ok")


def test_include_column_makes_exceptions() -> None:
    transform = plan(column_rule("remove-column", "%"), column_rule("include-column", "[ip]%", "3"), key=())
    assert [column.name for column in transform.columns] == ["id", "phone"]
    with pytest.raises(Mistakes, match="nothing removes columns here"):
        plan(column_rule("include-column", "phone"))


def test_one_transformation_for_each_object_but_masks_and_other_objects_are_free() -> None:
    plan(column_rule("rename", "phone", value="p"), column_rule("data-masking-hash-mask", "phone", "3"))
    with pytest.raises(Mistakes, match=r"LW318 public.core_order: the rules 2 \(rename\) and 3 \(add-prefix\)"):
        plan(column_rule("rename", "phone", value="p"), column_rule("add-prefix", "%", "3", value="x_"))
    locator = {"schema-name": "%", "table-name": "%"}
    both = [
        {**column_rule(action, None, number, **more), "rule-target": "table", "object-locator": locator}
        for number, action, more in (("2", "convert-uppercase", {}), ("3", "add-prefix", {"value": "x"}))
    ]
    with pytest.raises(SpecError, match="act on the table"):
        plan(*both)
    assert plan(both[1]).name == "xcore_order"
    schema = {
        **both[1],
        "rule-target": "schema",
        "object-locator": {"schema-name": "pub%"},
        "rule-id": "4",
        "rule-name": "4",
    }
    assert (plan(both[0], schema).schema, plan(both[0], schema).name) == ("xpublic", "CORE_ORDER")


@pytest.mark.parametrize(
    ("action", "extra", "wanted"),
    [
        ("convert-uppercase", {}, "PHONE"),
        ("add-suffix", {"value": "_1"}, "phone_1"),
        ("remove-prefix", {"value": "ph"}, "one"),
        ("remove-prefix", {"value": "x"}, "phone"),
        ("remove-suffix", {"value": "ne"}, "pho"),
        ("replace-prefix", {"value": "P", "old-value": "ph"}, "Pone"),
        ("replace-suffix", {"value": "ny", "old-value": "ne"}, "phony"),
        ("replace-suffix", {"value": "ny", "old-value": "x"}, "phone"),
    ],
)
def test_renaming_actions(action: str, extra: dict[str, str], wanted: str) -> None:
    assert plan(column_rule(action, "phone", **extra)).renamed["phone"] == wanted


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (column_rule("remove-column", "id"), "cannot be removed"),
        (column_rule("data-masking-hash-mask", "total"), "only text can be masked"),
        (column_rule("change-data-type", "id", **typed("int2")), "cannot become smallint"),
        (column_rule("rename", "phone", value="NOTES"), 'would be called "NOTES" and "notes"'),
        (column_rule("rename", "phone", value="op"), "one of Bronze's own"),
        (column_rule("add-column", value="x", expression="$phon"), 'did you mean "phone"?'),
        (column_rule("add-column", value="x", expression="$Phone"), 'there is no column "Phone"'),
        (column_rule("add-column", value="x", expression="$AR_M_SOURCE_COLUMN_NAME"), "needs a column-name"),
    ],
)
def test_rules_that_do_not_fit_the_table_are_refused(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(Mistakes) as caught:
        plan(rule)
    assert says in str(caught.value)


def test_masked_keys_are_refused() -> None:
    with pytest.raises(Mistakes, match="a masked key names no row"):
        plan(column_rule("data-masking-hash-mask", "phone"), key=("id", "phone"))


def test_rows_that_enter_and_leave_a_filter() -> None:
    transform = filtered("total", "gte", value="10")
    big, small = Decimal("10.00"), Decimal("9.99")
    found = applied(
        transform,
        {"Op": "I", "id": 1, "total": big, "_seq": -1},
        {"Op": "I", "id": 2, "total": small, "_seq": -1},
        {"Op": "U", "id": 1, "total": small, "notes": "left", "_unchanged": ["phone"]},
        {"Op": "U", "id": 2, "total": big, "notes": "entered"},
        {"Op": "D", "id": 3},
        {"Op": "T"},
        {"Op": "U", "id": 5, "total": small, "_old_key": '{"id": "4"}'},
        {"Op": "I", "id": 6},
    )
    seen = [(row["Op"], row.get("id"), row.get("notes"), row.get("_unchanged")) for row in found]
    assert seen == [
        ("I", 1, None, None),
        ("D", 1, None, None),
        ("U", 2, "entered", None),
        ("D", 3, None, None),
        ("T", None, None, None),
    ]
    assert "total" not in found[1]


def test_a_row_that_leaves_takes_only_its_key_along() -> None:
    special = [("due", "infinity"), ("id", "odd")]
    (row,) = applied(filtered("total", "gte", value="10"), {"Op": "U", "id": 1, "ok": True, "_special": special})
    assert (row["Op"], row["id"], row["_special"], "ok" in row) == ("D", 1, [("id", "odd")], False)


def test_a_filter_on_the_key_looks_at_deletes_too() -> None:
    found = applied(filtered("id", "ste", value="2"), {"Op": "D", "id": 2}, {"Op": "D", "id": 3}, {"Op": "T"})
    assert [(row["Op"], row.get("id")) for row in found] == [("D", 2), ("T", None)]


def test_values_beyond_the_type_are_compared_as_postgresql_does() -> None:
    transform = filtered("total", "gte", value="10")
    found = applied(transform, {"id": 1, "_special": [("total", "NaN")]}, {"id": 2, "_special": [("due", "infinity")]})
    assert [row["id"] for row in found] == [1]
    assert transform.snapshot_select().where == """("total" >= '10.00'::numeric)"""


def test_filters_are_joined_with_and() -> None:
    one, other = (
        {"filter-type": "source", "column-name": c, "filter-conditions": [{"filter-operator": "notnull"}]}
        for c in ("phone", "notes")
    )
    transform = mapping(include(filters=[one, other])).transform("public", "t", COLUMNS, ["id"])
    found = applied(transform, {"id": 1, "phone": "1"}, {"id": 2, "notes": "1"}, {"id": 3, "phone": "1", "notes": "1"})
    assert [row["id"] for row in found] == [3]
    assert (
        transform.snapshot_select().where
        == """("phone" collate "C" is not null) and ("notes" collate "C" is not null)"""
    )


def test_names_inside_system_columns_follow() -> None:
    transform = plan(
        column_rule("add-prefix", "[iptd]%", "2", value="x_"),
        column_rule("remove-column", "notes", "3"),
        column_rule("add-column", None, "4", value="copy", expression="lower($phone)"),
    )
    (row,) = applied(
        transform,
        {
            "Op": "U",
            "id": 2,
            "_unchanged": ["phone", "notes"],
            "_special": [("total", "NaN"), ("due", "-infinity")],
            "_old_key": '{"id": "1"}',
        },
    )
    assert row["_unchanged"] == ["x_phone", "copy"]
    assert dict(row["_special"]) == {"x_total": "NaN", "x_due": "-infinity"}
    assert json.loads(row["_old_key"]) == {"x_id": "1"}
    (row,) = applied(transform, {"Op": "U", "id": 2, "_unchanged": ["notes"]})
    assert "_unchanged" not in row


def test_unchanged_values_that_a_rule_needs_stop_it_loudly() -> None:
    transform = plan(column_rule("add-column", value="both", expression="$phone || $notes"))
    with pytest.raises(ProblemError, match=r"LW321 public.core_order: the column both needs notes"):
        transform.apply(rows({"Op": "U", "id": 1, "phone": "1", "_unchanged": ["notes"]}))
    for rule in (
        column_rule("add-column", value="size", expression="length($notes)", **typed("int4")),
        column_rule("change-data-type", "notes", **typed("int4")),
    ):
        with pytest.raises(ProblemError, match=r"needs notes, which PostgreSQL did not send"):
            plan(rule).apply(rows({"Op": "U", "id": 1, "_unchanged": ["notes"]}))
    with pytest.raises(ProblemError, match=r"the filter on phone needs phone.*REPLICA IDENTITY FULL"):
        filtered("phone", "notnull").apply(rows({"Op": "U", "id": 1, "_unchanged": ["phone"]}))


def test_what_a_new_type_cannot_hold_is_kept_as_text() -> None:
    transform = plan(
        column_rule("change-data-type", "notes", "2", **typed("int4")),
        column_rule("change-data-type", "total", "3", **typed("string")),
        column_rule("change-data-type", "due", "4", **typed("datetime")),
        column_rule("change-data-type", "ok", "5", **typed("int1")),
        column_rule("add-column", None, "6", value="n", expression="$phone", **typed("int2")),
    )
    found = applied(
        transform,
        {"id": 1, "notes": "12", "total": Decimal("1.00"), "due": AT.date(), "ok": True, "phone": "7"},
        {"id": 2, "notes": "x", "_special": [("total", "NaN"), ("due", "infinity")], "phone": "70000"},
    )
    assert (found[0]["notes"], found[0]["total"], found[0]["ok"], found[0]["n"]) == (12, "1.00", 1, 7)
    assert found[0]["due"] == datetime(2025, 3, 4)
    assert found[1]["total"] == "NaN"
    assert dict(found[1]["_special"]) == {"notes": "x", "due": "infinity", "n": "70000"}


def test_headers_and_metadata() -> None:
    names = ["AR_H_STREAM_POSITION", "AR_H_CHANGE_SEQ", "AR_H_TIMESTAMP", "AR_H_COMMIT_TIMESTAMP", "AR_H_OPERATION"]
    names += ["AR_M_SOURCE_SCHEMA", "AR_M_SOURCE_TABLE_NAME"]
    rules = [
        column_rule("add-column", None, str(n + 2), value=f"x{n}", expression=f"${h}") for n, h in enumerate(names)
    ]
    rules.append(column_rule("add-column", "due", "20", value="x9", expression="$AR_M_SOURCE_COLUMN_NAME || ' é'"))
    streamed, loaded = applied(plan(*rules), {"Op": "U", "id": 1}, {"Op": "I", "id": 1, "_seq": -1})
    assert [streamed[f"x{n}"] for n in (0, 1, 2, 3, 4, 5, 6, 9)] == [
        "1/AB",
        "2025030405060789" + f"{((1 << 32) + 0xAB) * 10**7 + 3:019}",
        "2025-03-04 05:06:07.891011",
        "2025-03-04 05:06:07.891011",
        "UPDATE",
        "public",
        "core_order",
        "due é",
    ]
    assert len(streamed["x1"]) == 35
    assert "x0" not in loaded
    assert "x1" not in loaded
    assert loaded["x4"] == "INSERT"


def test_added_columns_of_deletes_have_what_the_key_can_say() -> None:
    transform = plan(
        column_rule("add-column", None, "2", value="op", expression="operation_indicator('D', 'U', 'I')")
        | {"value": "operation"},
        column_rule("add-column", None, "3", value="k", expression="$id || ''"),
        column_rule("add-column", None, "4", value="other", expression="coalesce($notes, 'none')"),
    )
    deleted, truncated, inserted = applied(transform, {"Op": "D", "id": 5}, {"Op": "T"}, {"Op": "I", "id": 5})
    assert (deleted["operation"], deleted["k"], deleted.get("other")) == ("D", "5", None)
    assert {"operation", "k", "other"} & set(truncated) == set()
    assert (inserted["operation"], inserted["k"], inserted["other"]) == ("I", "5", "none")


def test_a_snapshot_row_and_a_streamed_insert_come_out_alike() -> None:
    transform = plan(
        column_rule("data-masking-hash-mask", "phone", "2"),
        column_rule("change-data-type", "total", "3", **typed("int8")),
        column_rule("add-column", None, "4", value="t", expression="substr($notes, 1, 2) || '/' || $tenant_id"),
    )
    row = {"id": 1, "tenant_id": 2, "phone": "123", "notes": "hello", "total": Decimal("2.50"), "ok": False}
    loaded, streamed = applied(transform, {**row, "_seq": -1}, row)
    assert {**loaded, "_seq": 3} == streamed
    assert (streamed["total"], streamed["t"]) == (3, "he/2")


def test_a_source_column_may_be_called_like_a_system_column_when_renamed() -> None:
    columns = [SourceColumn(name, 25, -1, "", True, False, 25) for name in ("id", "Op", "_lsn")]
    rules = [column_rule("add-prefix", name, str(n), value="src") for n, name in ((2, "Op"), (3, "[_]lsn"))]
    transform = mapping(include(), *rules).transform("public", "t", columns, ["id"])
    names = [*SYSTEM, "id", "Op", "_lsn"]
    table = rows({"id": 1})
    arrays = [*(table.column(n) for n in SYSTEM), pa.array(["1"]), pa.array(["theirs"]), pa.array(["also"])]
    (row,) = transform.apply(pa.Table.from_arrays(arrays, names=names)).to_pylist()
    assert (row["Op"], row["srcOp"], row["src_lsn"]) == ("I", "theirs", "also")


def test_empty_and_chunked_tables() -> None:
    transform = plan(column_rule("add-column", value="x", expression="upper($notes)"))
    assert transform.apply(rows()).num_rows == 0
    chunked = pa.concat_tables([rows({"id": 1, "notes": "a"}), rows({"id": 2, "notes": "b"})])
    assert transform.apply(chunked).column("x").to_pylist() == ["A", "B"]


def table(schema: str, name: str, **more: Any) -> SourceTable:
    base = {"oid": 1, "columns": tuple(COLUMNS), "key": ("id",), "primary_key": ("id",), "replica_identity": "default"}
    return SourceTable(schema, name, **{**base, "partitioned": False, "rows_estimate": 0, "bytes": 0, **more})


def test_tables_load_in_order_and_names_do_not_collide() -> None:
    found = mapping(include("a", "x"), include("a", "y", "2", **{"load-order": "5"}), include("b", "y", "3"))
    tables = [table("a", "x"), table("a", "y"), table("c", "z")]
    assert list(found.resolve(tables)) == ["a.y", "a.x"]
    assert [rule.id for rule in found.unmatched(tables)] == ["3"]
    with pytest.raises(SpecError, match=r'a.y and b.y would both be "y" in the lake'):
        found.resolve([*tables, table("b", "y")])


def test_a_full_replica_identity_has_the_primary_key_as_its_key() -> None:
    everything = tuple(column.name for column in COLUMNS)
    found = TableMapping.from_patterns(["a.*"])
    assert found.transform_table(table("a", "x", replica_identity="full", key=everything)).key == ("id",)
    keyless = table("a", "x", replica_identity="full", key=everything, primary_key=())
    assert found.transform_table(keyless).key == everything


def test_two_rules_with_different_filters_for_one_table_are_refused() -> None:
    one = {"filter-type": "source", "column-name": "id", "filter-conditions": [{"filter-operator": "notnull"}]}
    with pytest.raises(Mistakes, match="with different filters"):
        mapping(include(filters=[one]), include("public", "core%", "2")).transform("public", "core_x", COLUMNS, ["id"])
