"""FROM: tables, subqueries, UNNEST, LATERAL and joins."""

from __future__ import annotations

from lakewright.query.athena.sql.compiler import Compiled, Compiler
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import (
    Aliased,
    Derived,
    Join,
    Lateral,
    Name,
    Node,
    Relation,
    Table,
    Truth,
    Unnest,
)
from lakewright.query.athena.sql.types import BIGINT, Type, quote
from lakewright.query.athena.sql.values import Field, Scope, Sql, coerced

_ON = "JOIN ON clause must evaluate to a boolean: actual type {0}"
_WORDS = {"INNER": "JOIN", "LEFT": "LEFT JOIN", "RIGHT": "RIGHT JOIN", "FULL": "FULL JOIN", "CROSS": "CROSS JOIN"}


def source(compiler: Compiler, relations: tuple[Relation, ...], scope: Scope) -> str:
    """The FROM text; its fields join `scope`."""
    text = ""
    for node in relations:
        found, fields = relation(compiler, node, scope)
        text += f" FROM {found}" if not text else f" CROSS JOIN {found}"
        scope.fields = scope.fields + fields
    return text


def relation(compiler: Compiler, node: Relation, scope: Scope) -> tuple[str, list[Field]]:
    """Text and fields of one relation; `scope` holds what stands left of it, which LATERAL and UNNEST may use."""
    match node:
        case Aliased(relation=inner, alias=alias, columns=names):
            text, fields = relation(compiler, inner, scope)
            return text, _aliased(node, fields, alias, names)
        case Table():
            return _table(compiler, node)
        case Derived(query=inner_query):
            return _derived(compiler, compiler.query(inner_query, scope.outer), "")
        case Lateral(query=inner_query):
            return _derived(compiler, compiler.query(inner_query, scope), "LATERAL ")
        case Unnest():
            return _unnest(compiler, node, scope)
        case Join():
            return _join(compiler, node, scope)
    raise at(node.place, "NOT_SUPPORTED", f"{type(node).__name__} in FROM")


def _aliased(node: Node, fields: list[Field], alias: str, names: tuple[str, ...]) -> list[Field]:
    visible = fields
    if names and len(names) != len(visible):
        raise at(
            node.place,
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but '{alias}' has {len(visible)} columns available",
        )
    listed = names or tuple(field.name for field in visible)
    return [Field((alias,), name, field.value) for name, field in zip(listed, visible, strict=True)]


def _table(compiler: Compiler, node: Table) -> tuple[str, list[Field]]:
    name = compiler.fresh("r")
    if node.name in compiler.ctes:
        inner, columns = compiler.ctes[node.name]
        fields = [
            Field((node.name,), column.name, Sql(f"{name}.{quote(column.internal)}", column.type)) for column in columns
        ]
        return f"{inner} AS {name}", fields
    written = compiler.table(node.name, node.place)
    database, _, table = node.name.partition(".")
    fields = [Field(node.parts, column.lower(), Sql(f"{name}.{quote(column)}", kind)) for column, kind in written]
    return f"{quote(database)}.{quote(table)} AS {name}", fields


def _derived(compiler: Compiler, inner: Compiled, word: str) -> tuple[str, list[Field]]:
    name = compiler.fresh("r")
    fields = [Field((), column.name, Sql(f"{name}.{quote(column.internal)}", column.type)) for column in inner.columns]
    return f"{word}({inner.text}) AS {name}", fields


def _unnest(compiler: Compiler, node: Unnest, scope: Scope) -> tuple[str, list[Field]]:
    """Arrays side by side, the shorter filled with NULLs; rows become columns, maps a key and a value column."""
    name = compiler.fresh("u")
    lists: list[tuple[str, Type]] = []
    sizes: list[str] = []
    for value_node in node.values:
        value = compiler.expression(value_node, scope)
        if value.type.name == "array":
            lists.append((value.text, value.type.items[0]))
            sizes.append(f"len({value.text})")
        elif value.type.name == "map":
            lists.append((f"map_keys({value.text})", Type("key", items=(value.type.items[0],))))
            lists.append((f"map_values({value.text})", Type("key", items=(value.type.items[1],))))
            sizes.append(f"cardinality({value.text})")
        else:
            raise at(value_node.place, "TYPE_MISMATCH", f"Cannot unnest type: {value.type}")
    texts = [f"unnest({text}) AS c{index}" for index, (text, _) in enumerate(lists)]
    fields: list[Field] = []
    for index, (_, kind) in enumerate(lists):
        fields += _elements(f"{name}.c{index}", kind)
    if node.ordinality:
        longest = f"greatest({', '.join(f'coalesce({size}, 0)' for size in sizes)})"
        texts.append(f"unnest(range(1, CAST({longest} AS BIGINT) + 1)) AS o")
        fields.append(Field((), "ordinality", Sql(f"{name}.o", BIGINT)))
    return f"LATERAL (SELECT {', '.join(texts)}) AS {name}", fields


def _elements(text: str, kind: Type) -> list[Field]:
    if kind.name == "key":
        return [Field((), "", Sql(text, kind.items[0]))]
    if kind.name != "row":
        return [Field((), "", Sql(text, kind))]
    return [
        Field((), name, Sql(f"struct_extract_at({text}, {index + 1})", item))
        for index, (name, item) in enumerate(zip(kind.names, kind.items, strict=True))
    ]


def _join(compiler: Compiler, node: Join, scope: Scope) -> tuple[str, list[Field]]:
    left, left_fields = relation(compiler, node.left, scope)
    beside = Scope(scope.fields + left_fields, scope.outer, scope.lambdas)
    right, right_fields = relation(compiler, node.right, beside)
    plain = node.right.relation if isinstance(node.right, Aliased) else node.right
    if isinstance(plain, Unnest | Lateral) and node.kind in ("LEFT", "INNER", "RIGHT", "FULL"):
        word = "UNNEST" if isinstance(plain, Unnest) else "LATERAL"
        if not (isinstance(node.on, Truth) and node.on.value) or node.kind in ("RIGHT", "FULL"):
            raise at(
                node.place,
                "NOT_SUPPORTED",
                f"{node.kind} JOIN involving {word} is only supported with condition ON TRUE",
            )
    if isinstance(node.right, Join):
        right = f"({right})"
    word = _WORDS[node.kind]
    if node.kind == "CROSS":
        return f"{left} {word} {right}", left_fields + right_fields
    if node.using:
        return _using(compiler, node, f"{left} {word} {right}", left_fields, right_fields)
    assert node.on is not None  # noqa: S101 - the grammar asks for ON or USING
    condition = compiler.truth(node.on, Scope(left_fields + right_fields, scope.outer, scope.lambdas), _ON)
    return f"{left} {word} {right} ON {condition}", left_fields + right_fields


def _using(compiler: Compiler, node: Join, text: str, left: list[Field], right: list[Field]) -> tuple[str, list[Field]]:
    conditions: list[str] = []
    merged: list[Field] = []
    names = [name.value.lower() for name in node.using]
    for name in node.using:
        one, other = _side(name, left, "left"), _side(name, right, "right")
        message = f"Column '{name.value}' has incompatible types on the two sides of JOIN: {{0}}, {{1}}"
        kind = compiler.common(name, [one, other], message)
        first, second = coerced(one, kind), coerced(other, kind)
        conditions.append(f"{first} = {second}")
        kept = {"FULL": f"coalesce({first}, {second})", "RIGHT": second}.get(node.kind, first)
        merged.append(Field((), name.value.lower(), Sql(kept, kind)))
    rest = [field for field in left + right if field.name.lower() not in names]
    return f"{text} ON {' AND '.join(conditions)}", merged + rest


def _side(name: Name, fields: list[Field], which: str) -> Sql:
    found = [field for field in fields if field.name.lower() == name.value.lower()]
    if not found:
        raise at(name.place, "COLUMN_NOT_FOUND", f"Column '{name.value}' is missing from {which} side of join")
    if len(found) > 1:
        raise at(name.place, "AMBIGUOUS_NAME", f"Column '{name.value}' is ambiguous")
    return found[0].value
