"""Regular expressions, replace and format: their text depends on what is written."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping

from lakewright.models.dialect.regex import NotPortableError, replacement, to_re2
from lakewright.query.athena.sql.casts import text_of
from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import Call, Lambda
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    INTEGER,
    INTEGERS,
    MAX_LENGTH,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    is_integer,
    varchar,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced, text_literal


def _texts(compiler: Compiler, node: Call, scope: Scope, low: int, high: int) -> list[Sql]:
    """The arguments; the first two are strings."""
    values = [compiler.expression(one, scope) for one in node.arguments]
    if not low <= len(values) <= high or any(v.type.name not in ("varchar", "unknown") for v in values[:2]):
        given = ", ".join(str(value.type) for value in values)
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {node.name}")
    return values


def _pattern(node: Call, value: Sql) -> str:
    """The RE2 pattern of a written Java one, as a DuckDB literal."""
    if value.literal is None:
        raise refused(node.place, f"{node.name} takes a written pattern")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(value.literal)
    except re.error:
        if not re.search(r"\\[pP]\{|\(\?<[a-zA-Z]", value.literal):
            raise at(node.place, "INVALID_FUNCTION_ARGUMENT", f"Invalid pattern: {value.literal}") from None
    if re.search(r"\\[wWdDbBs]", value.literal) and re.search(r"[^\x00-\x7f]", value.literal):
        raise refused(node.place, f"{node.name}: a pattern that mixes classes and other scripts is not supported")
    written = value.literal.removeprefix("(?i)")
    flags = "(?i)" if written != value.literal else ""
    written = _OUTSIDE.sub(lambda found: "\\z" if found.group() == "$" else found.group(), written)
    try:
        return text_literal(flags + to_re2(written))
    except NotPortableError as problem:
        raise refused(node.place, f"{node.name}: {problem} is not supported in a pattern") from None


_OUTSIDE = re.compile(r"\\.|\[\^?\]?[^\]]*\]|\$", re.DOTALL)


def _subject(value: Sql, pattern: Sql) -> str:
    """The text that is searched. Behind $ Java allows a final line end: then such a text fails."""
    text = coerced(value, VARCHAR)
    ended = any(found.group() == "$" for found in _OUTSIDE.finditer(pattern.literal or ""))
    return f"lw_one_line({text})" if ended else text


def _groups(value: Sql) -> int:
    plain = re.sub(r"\\.|\[[^\]]*\]", "", value.literal or "")
    return len(re.findall(r"\((?!\?)", plain))


def _like(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value, pattern = _texts(compiler, node, scope, 2, 2)
    return Sql(f"regexp_matches({_subject(value, pattern)}, {_pattern(node, pattern)})", BOOLEAN)


def _group(node: Call, values: list[Sql]) -> int:
    if len(values) < 3:
        return 0
    if values[2].literal is None or not values[2].literal.isdecimal():
        raise refused(node.place, f"{node.name} takes a written group")
    group = int(values[2].literal)
    if group > _groups(values[1]):
        raise at(
            node.place,
            "INVALID_FUNCTION_ARGUMENT",
            f"Pattern has {_groups(values[1])} groups. Cannot access group {group}",
        )
    return group


def _extract(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """NULL where nothing matches, or where the group took no part: RE2's empty text means both or a match of nothing."""  # noqa: E501
    values = _texts(compiler, node, scope, 2, 3)
    group = _group(node, values)
    pattern = _pattern(node, values[1])
    text = _subject(values[0], values[1])
    if group and _optional(values[1].literal or ""):
        raise refused(node.place, f"{node.name}: groups that may be left out are not supported")
    kind = values[0].type if values[0].type.name == "varchar" else VARCHAR
    return Sql(
        f"(CASE WHEN regexp_matches({text}, {pattern}) THEN regexp_extract({text}, {pattern}, {group}) END)", kind
    )


def _optional(pattern: str) -> bool:
    """Whether a group may take no part in a match: behind ? * {0 or beside |."""
    return re.search(r"\)(?:[?*]|\{0)", pattern) is not None or "|" in pattern


def _extract_all(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _texts(compiler, node, scope, 2, 3)
    group = _group(node, values)
    if group and _optional(values[1].literal or ""):
        raise refused(node.place, f"{node.name}: groups that may be left out are not supported")
    pattern = _not_empty(node, values[1])
    kind = values[0].type if values[0].type.name == "varchar" else VARCHAR
    return Sql(f"regexp_extract_all({_subject(values[0], values[1])}, {pattern}, {group})", array(kind))


def _not_empty(node: Call, value: Sql) -> str:
    """A pattern that never matches between two characters, where engines count differently."""
    pattern = _pattern(node, value)
    try:
        empty = re.search((value.literal or "").replace("\\z", "$"), "") is not None
    except re.error:
        empty = True
    if empty:
        raise refused(node.place, f"{node.name}: a pattern that matches nothing is not supported")
    return pattern


def _replace_matches(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    if len(node.arguments) == 3 and isinstance(node.arguments[2], Lambda):
        raise refused(node.place, "regexp_replace with a lambda is not supported")
    values = _texts(compiler, node, scope, 2, 3)
    pattern = _not_empty(node, values[1])
    new, kind = "''", values[0].type
    if len(values) == 3:
        if values[2].literal is None:
            raise refused(node.place, "regexp_replace takes a written replacement")
        try:
            new = text_literal(replacement(values[2].literal))
        except NotPortableError as problem:
            raise refused(node.place, f"regexp_replace: {problem} is not supported") from None
        kind = _replaced_type(values)
    return Sql(
        f"regexp_replace({_subject(values[0], values[1])}, {pattern}, {new}, 'g')", kind if kind != UNKNOWN else VARCHAR
    )


def _replaced_type(values: list[Sql]) -> Type:
    x, y = values[0].type.precision, values[2].type.precision
    if MAX_LENGTH in (x, y):
        return VARCHAR
    return varchar(min(MAX_LENGTH, x + max(x * y // 2, y) * (x + 1)))


def _split(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value, pattern = _texts(compiler, node, scope, 2, 2)
    kind = value.type if value.type.name == "varchar" else VARCHAR
    return Sql(f"regexp_split_to_array({_subject(value, pattern)}, {_not_empty(node, pattern)})", array(kind))


def _count(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value, pattern = _texts(compiler, node, scope, 2, 2)
    text = f"len(regexp_extract_all({_subject(value, pattern)}, {_not_empty(node, pattern)}))"
    return Sql(text, BIGINT)


def _position(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value, pattern = _texts(compiler, node, scope, 2, 2)
    text, found = _subject(value, pattern), _not_empty(node, pattern)
    place = f"instr({text}, regexp_extract({text}, {found}))"
    if re.search(r"\\b|\^|\\A", pattern.literal or ""):
        raise refused(node.place, "regexp_position with anchors is not supported")
    return Sql(
        f"CAST(CASE WHEN regexp_matches({text}, {found}) THEN {place} WHEN {text} IS NOT NULL THEN -1 END AS INTEGER)",
        INTEGER,
    )


def _replace(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _texts(compiler, node, scope, 2, 3)
    new = coerced(values[2], VARCHAR) if len(values) == 3 else "''"
    kind = values[0].type
    if len(values) == 3:
        if values[2].type.name not in ("varchar", "unknown"):
            raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")
        x, z = kind.precision, values[2].type.precision
        kind = VARCHAR if MAX_LENGTH in (x, z) else varchar(min(MAX_LENGTH, x + z * (x + 1)))
    text = f"lw_replace({coerced(values[0], VARCHAR)}, {coerced(values[1], VARCHAR)}, {new})"
    return Sql(text, kind if kind.name == "varchar" else VARCHAR)


_FORMAT = re.compile(r"%(%|s|d|,d|0\d+d|\.\d+f)|[^%]+|%")


def _format(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """Java's String.format, of a written text with %s, %d, %,d, %05d, %.2f (decimals) and %%."""
    values = [compiler.expression(one, scope) for one in node.arguments]
    if len(values) < 2 or values[0].literal is None:
        raise refused(node.place, "format takes a written text and values")
    rest = values[1:]
    parts: list[str] = []
    for match in _FORMAT.finditer(values[0].literal):
        kind = match[1]
        if kind is None or kind == "%":
            if match.group() == "%":
                raise refused(node.place, "this format is not supported")
            parts.append(text_literal("%" if kind else match.group()))
        elif not rest:
            raise at(node.place, "INVALID_FUNCTION_ARGUMENT", "Invalid format string: missing argument")
        else:
            parts.append(_formatted(node, kind, rest.pop(0)))
    return Sql(f"({' || '.join(parts)})", VARCHAR)


def _formatted(node: Call, kind: str, value: Sql) -> str:
    if kind == "s" and value.type.name in ("varchar", "date", "boolean", *INTEGERS, "decimal"):
        return f"coalesce({text_of(node, value.text, value.type)}, 'null')"
    if is_integer(value.type) and kind == "d":
        return f"coalesce(CAST({value.text} AS VARCHAR), 'null')"
    if is_integer(value.type) and kind == ",d":
        return f"coalesce(format('{{:,}}', {value.text}), 'null')"
    if is_integer(value.type) and kind.startswith("0"):
        return f"coalesce(printf('%{kind}', {value.text}), 'null')"
    if kind.endswith("f") and value.type.name == "decimal" and int(kind[1:-1]) <= value.type.scale:
        return f"coalesce(CAST(CAST({value.text} AS DECIMAL(38,{int(kind[1:-1])})) AS VARCHAR), 'null')"
    raise refused(node.place, f"format of {value.type} with %{kind} is not supported")


def _url_encode(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = [compiler.expression(one, scope) for one in node.arguments]
    if len(values) != 1 or values[0].type.name != "varchar":
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters for function {node.name}")
    return Sql(f"lw_url_encode({values[0].text})", varchar(values[0].type.precision * 12))


TEXT_FUNCTIONS: Mapping[str, Callable[[Compiler, Call, Scope], Sql]] = {
    "regexp_like": _like,
    "regexp_extract": _extract,
    "regexp_extract_all": _extract_all,
    "regexp_replace": _replace_matches,
    "regexp_split": _split,
    "regexp_count": _count,
    "regexp_position": _position,
    "replace": _replace,
    "format": _format,
    "url_encode": _url_encode,
}
