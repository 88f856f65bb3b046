"""Strings whose functions need written arguments: padding, patterns, JSON paths."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from lakewright.models.dialect.arguments import count_is, string_text, values_of, written_number, written_text
from lakewright.models.dialect.compiler import Compiler, Handler
from lakewright.models.dialect.regex import NotPortableError, matches_nothing, replacement, to_re2
from lakewright.models.dialect.values import (
    BOOLEAN,
    STRING,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    text_literal,
)
from lakewright.models.types import array

_PATH = re.compile(r"\$((\.[A-Za-z_][A-Za-z0-9_]*)|(\[[0-9]+\]))+\Z")


def concat(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    parts = [string_text(compiler, node, value) for value in values_of(compiler, node, scope)]
    return Sql(f"CAST({' || '.join(parts)} AS VARCHAR)" if parts else "''", STRING)


def concat_ws(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2, 1000):
        return Sql("NULL", STRING)
    parts = [string_text(compiler, node, value) for value in values_of(compiler, node, scope)]
    return Sql(f"concat_ws({', '.join(parts)})", STRING)


def pad(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2, 3):
        return Sql("NULL", STRING)
    value, size, *rest = values_of(compiler, node, scope)
    if size.type.name not in ("tinyint", "smallint", "int") and size.known:
        return compiler.refuse(node, f"{node.name.lower()}() takes an int, and this is a {size.type}")
    fill = written_text(node, 2) if rest else " "
    if not fill:
        return compiler.refuse(node, f"{node.name.lower()}() takes a written, not empty text to pad with")
    text = string_text(compiler, node, value)
    return Sql(f"{node.name.lower()}({text}, greatest({size.text}, 0), {text_literal(fill)})", STRING)


def sha2(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2) or written_number(node, 1) not in (0, 256):
        return compiler.refuse(node, "sha2() takes a string and the written number 256")
    return Sql(f"sha256({string_text(compiler, node, compiler.expression(node.expressions[0], scope))})", STRING)


def split(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern = written_text(node, 1)
    if not count_is(compiler, node, 2) or not pattern:
        return compiler.refuse(node, "split() takes a string and a written pattern")
    value = string_text(compiler, node, compiler.expression(node.expressions[0], scope))
    try:
        return Sql(f"string_split_regex({value}, {text_literal(to_re2(pattern))})", array(STRING))
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}", problem.hint)


def split_part(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 3) or not written_text(node, 1) or not written_number(node, 2):
        return compiler.refuse(node, "split_part() takes a string, a written separator and a written number from 1")
    value, mark, at = values_of(compiler, node, scope)
    return Sql(f"split_part({string_text(compiler, node, value)}, {mark.text}, {at.text})", STRING)


def rlike(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """`x RLIKE 'pattern'` and rlike(x, 'pattern')."""
    pair = [node.this, node.expression] if isinstance(node, exp.RegexpLike) else node.expressions
    pattern = compiler.expression(pair[1], scope) if len(pair) == 2 else None
    if pattern is None or pattern.type != STRING or pattern.literal is None:
        return compiler.refuse(node, "rlike takes a string and a written pattern")
    value = compiler.expression(pair[0], scope)
    if value.type not in (STRING, VOID, UNKNOWN):
        return compiler.refuse(node, f"rlike takes a string, and this is a {value.type}", "cast(… as string)")
    try:
        return Sql(f"regexp_matches({value.text}, {text_literal(to_re2(pattern.literal, only_test=True))})", BOOLEAN)
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern.literal!r}: {problem}", problem.hint)


def regexp_replace(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern, put = written_text(node, 1), written_text(node, 2)
    if not count_is(compiler, node, 3) or pattern is None or put is None:
        return compiler.refuse(node, "regexp_replace() takes a string, a written pattern and a written replacement")
    value = string_text(compiler, node, compiler.expression(node.expressions[0], scope))
    if matches_nothing(pattern):
        return compiler.refuse(node, f"the pattern {pattern!r} also matches nothing at all", "use + instead of *")
    try:
        wanted, by = text_literal(to_re2(pattern)), text_literal(replacement(put))
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}", problem.hint)
    return Sql(f"regexp_replace({value}, {wanted}, {by}, 'g')", STRING)


def regexp_extract(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern = written_text(node, 1)
    group = written_number(node, 2) if len(node.expressions) == 3 else 1
    if not count_is(compiler, node, 2, 3) or pattern is None or group is None:
        return compiler.refuse(node, "regexp_extract() takes a string, a written pattern and a written group number")
    value = string_text(compiler, node, compiler.expression(node.expressions[0], scope))
    try:
        wanted = text_literal(to_re2(pattern))
        groups = re.compile(pattern).groups
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}", problem.hint)
    except re.error as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}")
    if group > groups:
        return compiler.refuse(node, f"the pattern {pattern!r} has {groups} groups, not {group}")
    return Sql(f"CASE WHEN {value} IS NULL THEN NULL ELSE regexp_extract({value}, {wanted}, {group}) END", STRING)


def get_json_object(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    path = written_text(node, 1)
    if not count_is(compiler, node, 2) or path is None or not _PATH.match(path):
        return compiler.refuse(node, "get_json_object() takes a string and a written path like '$.a.b[0]'")
    value = string_text(compiler, node, compiler.expression(node.expressions[0], scope))
    duck = re.sub(r"\.([A-Za-z_][A-Za-z0-9_]*)", r'."\1"', path)
    return Sql(f"lw_json({value}, {text_literal(duck)})", STRING)


TEXT_FUNCTIONS: Mapping[str, Handler] = {
    "concat": concat,
    "concat_ws": concat_ws,
    "lpad": pad,
    "rpad": pad,
    "sha2": sha2,
    "split": split,
    "split_part": split_part,
    "rlike": rlike,
    "regexp_replace": regexp_replace,
    "regexp_extract": regexp_extract,
    "get_json_object": get_json_object,
}

TEXT_NODES: Mapping[type[exp.Expr], Handler] = {
    exp.RegexpLike: rlike,
}
