"""Functions whose result or text depends on more than their arguments' types."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lakewright.query.athena.sql.arithmetic import applied
from lakewright.query.athena.sql.casts import cast_text, text_of
from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.json_functions import JSON_FUNCTIONS
from lakewright.query.athena.sql.operators import cases, compared
from lakewright.query.athena.sql.special_text import TEXT_FUNCTIONS
from lakewright.query.athena.sql.special_time import TIME_FUNCTIONS
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    decimal,
    duckdb_name,
    is_float,
    is_integer,
    map_,
    row,
    varchar,
    wider,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced, text_literal

Special = Callable[[Compiler, Call, Scope], Sql]


def counted(node: Call, low: int, high: int | None = None) -> None:
    """Refuses a call with another number of arguments."""
    if not low <= len(node.arguments) <= (high or low):
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")


def values_of(compiler: Compiler, node: Call, scope: Scope) -> list[Sql]:
    return [compiler.expression(one, scope) for one in node.arguments]


def wrong(node: Call, values: list[Sql]) -> SqlError:
    given = ", ".join(str(value.type) for value in values)
    return at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {node.name}")


def _if(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 2, 3)
    condition = compiler.truth(node.arguments[0], scope, "IF condition must evaluate to a boolean: actual type {0}")
    results = [compiler.expression(one, scope) for one in node.arguments[1:]]
    if len(results) == 1:
        results.append(Sql("NULL", UNKNOWN))
    if wider(results[0].type, results[1].type) is None:
        raise at(
            node.place, "TYPE_MISMATCH", f"Result types for IF must be the same: {results[0].type} vs {results[1].type}"
        )
    return cases(compiler, node, [condition], results)


def _coalesce(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    if len(node.arguments) < 2:
        raise at(node.place, "INVALID_FUNCTION_ARGUMENT", "The 'coalesce' function must have at least two arguments")
    values = values_of(compiler, node, scope)
    kind = compiler.common(
        node,
        values,
        "All COALESCE operands must be the same type or coercible to a common type. Cannot find common type between {0} and {1}",  # noqa: E501
    )
    return Sql(f"coalesce({', '.join(coerced(value, kind) for value in values)})", kind)


def _nullif(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 2)
    first, second = values_of(compiler, node, scope)
    if wider(first.type, second.type) is None:
        raise at(node.place, "TYPE_MISMATCH", f"Types are not comparable with NULLIF: {first.type} vs {second.type}")
    condition = compared(node, "=", first, second)
    return Sql(f"(CASE WHEN {condition} THEN NULL ELSE {coerced(first, first.type)} END)", first.type)


def _try(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 1)
    value = compiler.expression(node.arguments[0], scope)
    return Sql(f"TRY({value.text})", value.type)


def _extreme(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """greatest and least: NULL as soon as one argument is NULL."""
    values = values_of(compiler, node, scope)
    if not values:
        raise wrong(node, values)
    kind = UNKNOWN
    for value in values:
        both = wider(kind, value.type)
        if both is None:
            raise wrong(node, values)
        kind = both
    if kind.items or kind.name in ("json", "char"):
        raise refused(node.place, f"{node.name} of {kind} values is not supported")
    texts = [coerced(value, kind) for value in values]
    nulls = " OR ".join(f"{text} IS NULL" for text, value in zip(texts, values, strict=True) if value.literal is None)
    text = f"{node.name}({', '.join(texts)})"
    return Sql(f"(CASE WHEN {nulls} THEN NULL ELSE {text} END)" if nulls else text, kind)


def _typeof(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 1)
    value = compiler.expression(node.arguments[0], scope)
    text = text_literal(str(value.type))
    # the argument stays in the text: an aggregate in it makes one row of many
    return Sql(f"(CASE WHEN {value.text} IS NULL THEN {text} ELSE {text} END)", VARCHAR)


def _concat(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = values_of(compiler, node, scope)
    if len(values) < 2:
        raise wrong(node, values)
    kinds = {value.type.name for value in values}
    if UNKNOWN in [value.type for value in values]:
        raise refused(node.place, "concat with a bare NULL is not supported; cast it")
    if kinds <= {"varchar"}:
        return Sql(f"({' || '.join(coerced(value, VARCHAR) for value in values)})", VARCHAR)
    if kinds == {"varbinary"}:
        return Sql(f"({' || '.join(coerced(value, Type('varbinary')) for value in values)})", Type("varbinary"))
    if kinds == {"array"}:
        kind = compiler.common(node, values, "Unexpected parameters ({0}, {1}) for function concat")
        text = coerced(values[0], kind)
        for value in values[1:]:
            text = f"lw_concat({text}, {coerced(value, kind)})"
        return Sql(text, kind)
    raise wrong(node, values)


def _round(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """round, ceiling, floor and truncate of decimals; the rest is in the table."""
    counted(node, 1, 2)
    values = values_of(compiler, node, scope)
    kind = values[0].type
    if kind.name != "decimal":
        if len(values) == 2 and kind.name not in ("double", "unknown"):
            raise refused(node.place, f"{node.name} of {kind} to places is not supported")
        return _table(compiler, node, scope)
    precision, scale = kind.precision, kind.scale
    if len(values) == 2:
        return _round_to(node, values)
    if node.name == "truncate":
        to = decimal(max(precision - scale, 1), 0)
        return Sql(f"CAST(trunc({values[0].text}) AS {duckdb_name(to)})", to)
    to = decimal(min(38, precision - scale + min(scale, 1)), 0)
    name = {"ceiling": "ceil", "floor": "floor", "round": "round"}[node.name]
    return Sql(f"CAST({name}({values[0].text}) AS {duckdb_name(to)})", to)


def _round_to(node: Call, values: list[Sql]) -> Sql:
    kind = values[0].type
    if node.name not in ("round", "truncate") or not is_integer(values[1].type):
        raise wrong(node, values)
    places = values[1].literal
    if places is None:
        raise refused(node.place, f"{node.name} of a decimal takes a written number of places")
    to = decimal(min(38, kind.precision + 1), kind.scale) if node.name == "round" else kind
    name = duckdb_name(to)
    if int(places) >= kind.scale:
        return Sql(f"CAST({values[0].text} AS {name})", to)
    if int(places) < 0:
        unit = 10 ** -int(places)
        if node.name == "truncate":
            return Sql(f"CAST((CAST(trunc({values[0].text}) AS HUGEINT) // {unit}) * {unit} AS {name})", to)
        return Sql(
            f"CAST(lw_divide(CAST(trunc({values[0].text}) AS HUGEINT), CAST({unit} AS HUGEINT), CAST(1 AS HUGEINT)) * {unit} AS {name})",  # noqa: E501
            to,
        )
    inner = duckdb_name(decimal(min(38, kind.precision + 1), int(places)))
    if node.name == "round":
        return Sql(f"CAST(CAST({values[0].text} AS {inner}) AS {name})", to)
    return Sql(f"CAST(trunc({values[0].text}, {places}) AS {name})", to)


def _table(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    from lakewright.query.athena.sql.calls import resolved
    from lakewright.query.athena.sql.functions import FUNCTIONS

    return resolved(compiler, node, FUNCTIONS[node.name], scope)


def _sign(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 1)
    value = compiler.expression(node.arguments[0], scope)
    if value.type.name == "decimal":
        return Sql(f"CAST(sign({value.text}) AS DECIMAL(1,0))", decimal(1, 0))
    return _table(compiler, node, scope)


def _mod(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 2)
    left, right = values_of(compiler, node, scope)
    return applied(node, "%", left, right)


def _sequence(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 2, 3)
    values = values_of(compiler, node, scope)
    if is_integer(values[0].type) and is_integer(values[1].type):
        a, b = (coerced(value, BIGINT) for value in values[:2])
        step = coerced(values[2], BIGINT) if len(values) == 3 else f"CASE WHEN {a} <= {b} THEN 1 ELSE -1 END"
        kind = BIGINT if any(v.type.name == "bigint" for v in values[:2]) else values[0].type
        kind = BIGINT
        return Sql(f"generate_series({a}, {b}, lw_steps({a}, {b}, {step}))", array(kind))
    kind = values[0].type
    if kind.name == "date" == values[1].type.name:
        a, b = values[0].text, values[1].text
        if len(values) == 2:
            step = f"CASE WHEN {a} <= {b} THEN to_days(1) ELSE to_days(-1) END"
        elif values[2].type.name == "interval day to second":
            step = f"to_milliseconds({values[2].text})"
        else:
            return _months(a, b, values[2])
        series = f"generate_series(CAST({a} AS TIMESTAMP), CAST({b} AS TIMESTAMP), {step})"
        return Sql(f"list_transform({series}, lambda e: CAST(e AS DATE))", array(kind))
    if kind.name == "timestamp" and len(values) == 3 and values[2].type.name == "interval day to second":
        return Sql(
            f"generate_series({values[0].text}, {values[1].text}, to_milliseconds({values[2].text}))", array(kind)
        )
    raise wrong(node, values) if len(values) == 2 else refused(node.place, "sequence of these types is not supported")


def _months(a: str, b: str, step: Sql) -> Sql:
    count = f"CAST(datediff('month', {a}, {b}) AS BIGINT)"
    series = f"list_transform(generate_series(0, {count}, {step.text}), lambda e: CAST({a} + to_months(CAST(e AS INTEGER)) AS DATE))"  # noqa: E501
    return Sql(f"list_filter({series}, lambda e: e <= {b})", array(Type("date")))


def _zip(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = values_of(compiler, node, scope)
    if len(values) < 2 or any(value.type.name != "array" for value in values):
        raise wrong(node, values)
    kind = row(tuple(value.type.items[0] for value in values))
    parts = ", ".join(f"field{index} := z[{index + 1}]" for index in range(len(values)))
    return Sql(
        f"list_transform(list_zip({', '.join(v.text for v in values)}), lambda z: struct_pack({parts}))", array(kind)
    )


def _zip_with(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 3)
    left, right = (compiler.expression(one, scope) for one in node.arguments[:2])
    if left.type.name != "array" or right.type.name != "array":
        raise wrong(node, [left, right])
    names, body = compiler.lambda_(node.arguments[2], [left.type.items[0], right.type.items[0]], scope)
    text = _replaced(body.text, {names[0]: "z[1]", names[1]: "z[2]"})
    return Sql(f"list_transform(list_zip({left.text}, {right.text}), lambda z: {text})", array(body.type))


def _replaced(text: str, names: dict[str, str]) -> str:
    """Fresh names are unique in the whole statement, so that a plain exchange is safe outside quotes."""
    import re

    parts = re.split(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")", text)
    for index in range(0, len(parts), 2):
        for name, other in names.items():
            parts[index] = re.sub(rf"\b{name}\b", other, parts[index])
    return "".join(parts)


def _reduce(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 4)
    values = [compiler.expression(one, scope) for one in node.arguments[:2]]
    if values[0].type.name != "array":
        raise wrong(node, values)
    item, state = values[0].type.items[0], values[1].type
    if state.name == "varchar":
        state = VARCHAR
    names, step = compiler.lambda_(node.arguments[2], [state, item], scope)
    if wider(state, step.type) is None:
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")
    if wider(state, step.type) != state:
        state = wider(state, step.type) or state
        names, step = compiler.lambda_(node.arguments[2], [state, item], scope)
    if not wider(state, step.type) == state:
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")
    outer, last = compiler.lambda_(node.arguments[3], [state], scope)
    if item.items or state.items or item != state:
        # the state and the elements share one list, each in a struct of both
        packed = (
            f"list_transform({values[0].text}, lambda e: struct_pack(s := CAST(NULL AS {duckdb_name(state)}), v := e))"
        )
        first = f"struct_pack(s := {coerced(values[1], state)}, v := CAST(NULL AS {duckdb_name(item)}))"
        body = _replaced(coerced(step, state), {names[0]: "a.s", names[1]: "b.v"})
        made = f"struct_pack(s := {body}, v := CAST(NULL AS {duckdb_name(item)}))"
        folded = f"list_reduce({packed}, lambda a, b: {made}, {first}).s"
    else:
        folded = f"list_reduce({values[0].text}, lambda {names[0]}, {names[1]}: {coerced(step, state)}, {coerced(values[1], state)})"  # noqa: E501
    return Sql(f"list_transform([{folded}], lambda {outer[0]}: {last.text})[1]", last.type)


def _array_join(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    counted(node, 2, 3)
    values = values_of(compiler, node, scope)
    if values[0].type.name != "array" or any(v.type.name != "varchar" for v in values[1:]):
        raise wrong(node, values)
    item = values[0].type.items[0]
    if item.items:
        raise at(node.place, "INVALID_FUNCTION_ARGUMENT", f"Input type {item} not supported")
    texts = f"list_transform({values[0].text}, lambda e: {text_of(node, 'e', item)})"
    if len(values) == 3:
        return Sql(f"lw_array_join_null({texts}, {values[1].text}, {values[2].text})", VARCHAR)
    return Sql(f"lw_array_join({texts}, {values[1].text})", VARCHAR)


def _concat_ws(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = values_of(compiler, node, scope)
    if len(values) < 2:
        raise wrong(node, values)
    separator = coerced(values[0], VARCHAR)
    if len(values) == 2 and values[1].type.name == "array":
        return Sql(
            f"(CASE WHEN {separator} IS NULL THEN NULL ELSE lw_array_join({values[1].text}, {separator}) END)", VARCHAR
        )
    if any(value.type.name not in ("varchar", "unknown") for value in values):
        raise wrong(node, values)
    parts = ", ".join(coerced(value, VARCHAR) for value in values[1:])
    return Sql(f"(CASE WHEN {separator} IS NULL THEN NULL ELSE concat_ws({separator}, {parts}) END)", VARCHAR)


def _map(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    if not node.arguments:
        return Sql("MAP {}", map_(UNKNOWN, UNKNOWN))
    return _table(compiler, node, scope)


def _of_map(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """map_filter, transform_keys, transform_values: a lambda over entries."""
    counted(node, 2)
    given = compiler.expression(node.arguments[0], scope)
    if given.type.name != "map":
        raise wrong(node, [given])
    key, value = given.type.items
    names, body = compiler.lambda_(node.arguments[1], [key, value], scope)
    text = _replaced(
        coerced(body, BOOLEAN) if node.name == "map_filter" else body.text, {names[0]: "e.key", names[1]: "e.value"}
    )
    entries = f"map_entries({given.text})"
    if node.name == "map_filter":
        if body.type not in (BOOLEAN, UNKNOWN):
            raise wrong(node, [given])
        return Sql(f"map_from_entries(list_filter({entries}, lambda e: {text}))", given.type)
    made = f"key := {text}, value := e.value" if node.name == "transform_keys" else f"key := e.key, value := {text}"
    kind = map_(body.type, value) if node.name == "transform_keys" else map_(key, body.type)
    return Sql(f"map_from_entries(list_transform({entries}, lambda e: struct_pack({made})))", kind)


def _approx(_compiler: Compiler, node: Call, _scope: Scope) -> Sql:
    raise refused(node.place, f"Function '{node.name}' is not supported here")


def _now(compiler: Compiler, node: Call, _scope: Scope) -> Sql:
    from lakewright.query.athena.sql.special_time import moment_now

    return moment_now(compiler, node)


SPECIAL: Mapping[str, Special] = {
    "if": _if, "coalesce": _coalesce, "nullif": _nullif, "try": _try, "greatest": _extreme, "least": _extreme,
    "typeof": _typeof, "concat": _concat, "round": _round, "ceiling": _round, "floor": _round, "truncate": _round,
    "sign": _sign, "mod": _mod, "sequence": _sequence, "zip": _zip, "zip_with": _zip_with, "reduce": _reduce,
    "array_join": _array_join, "concat_ws": _concat_ws, "map": _map, "map_filter": _of_map,
    "transform_keys": _of_map, "transform_values": _of_map, **TEXT_FUNCTIONS, **TIME_FUNCTIONS, **JSON_FUNCTIONS,
}  # fmt: skip

__all__ = ["DOUBLE", "SPECIAL", "cast_text", "is_float", "varchar"]
