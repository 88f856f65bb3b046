"""Reads expressions: Trino's grammar and precedence."""

from __future__ import annotations

from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.reader import Reader
from lakewright.query.athena.sql.synonyms import SYNONYMS
from lakewright.query.athena.sql.syntax import (
    AtZone,
    Between,
    Binary,
    Bound,
    Bytes,
    Call,
    Comparison,
    Distinct,
    Dot,
    Expression,
    In,
    IsNull,
    Lambda,
    Like,
    Logic,
    Name,
    Not,
    Number,
    Parameter,
    Place,
    Quantified,
    Query,
    RowOf,
    Scalar,
    Signed,
    Sort,
    Subscript,
    Text,
    Typed,
    Window,
)

_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MAX_CHAIN = 250
_COSTLY = 4
"""Levels that a subquery or a lambda counts: DuckDB's effort doubles with each."""


_LEVELS = {"OR": 1, "AND": 2, "||": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7}
_PREDICATE = 4
_PREDICATES = ("BETWEEN", "IN", "LIKE", "IS")


def expression(reader: Reader) -> Expression:
    reader.deeper()
    found = _climb(reader, 0)
    reader.depth -= 1
    return found


def _climb(reader: Reader, low: int) -> Expression:
    """An expression whose operators bind at least as tightly as `low`; one frame of Python per level of nesting."""
    token = reader.now
    if token.upper == "NOT" and low <= 3:
        reader.next()
        reader.deeper()
        left: Expression = Not(token.place, _climb(reader, 3))
        reader.depth -= 1
    else:
        left = _signed(reader)
    count = 0
    while reader.now.kind in ("mark", "name"):
        token = reader.now
        level = _LEVELS.get(token.upper, 0)
        if level:
            if level < low or (level == low and low > 2):
                return left
            if level <= 2:
                if level <= low:
                    return left
                left = _terms(reader, left, token.upper, level)
                continue
            reader.next()
            left = Binary(token.place, token.upper, left, _climb(reader, level))
        elif low < _PREDICATE and token.upper in _COMPARISONS:
            left = _comparison(reader, left)
        elif low < _PREDICATE and (
            token.upper in _PREDICATES or (token.upper == "NOT" and reader.ahead().upper in _PREDICATES[:3])
        ):
            left = _worded(reader, left)
        else:
            return left
        count = _counted(reader, count)
    return left


def _terms(reader: Reader, first: Expression, word: str, level: int) -> Expression:
    """All terms of one AND or OR."""
    terms = [first]
    while reader.take(word):
        terms.append(_climb(reader, level))
    return Logic(first.place, word, tuple(terms))


def _comparison(reader: Reader, left: Expression) -> Expression:
    token = reader.next()
    operator = _COMPARISONS[token.upper]
    if reader.now.upper in ("ALL", "ANY", "SOME") and reader.ahead().upper == "(":
        word = "ALL" if reader.next().upper == "ALL" else "ANY"
        return Quantified(token.place, operator, word, left, subquery(reader))
    return Comparison(token.place, operator, left, operand(reader))


def _worded(reader: Reader, value: Expression) -> Expression:
    place = reader.place
    negated = reader.take("NOT")
    if reader.take("BETWEEN"):
        low = operand(reader)
        reader.need("AND")
        return Between(place, value, low, operand(reader), negated)
    if reader.take("LIKE"):
        pattern = operand(reader)
        escape = operand(reader) if reader.take("ESCAPE") else None
        return Like(place, value, pattern, escape, negated)
    if reader.take("IN"):
        return _in(reader, place, value, negated)
    reader.need("IS")
    negated = reader.take("NOT")
    if reader.take("NULL"):
        return IsNull(place, value, negated)
    if reader.take("DISTINCT", "FROM"):
        return Distinct(place, value, operand(reader), negated)
    raise reader.wrong("'DISTINCT'", "'NOT'", "'NULL'")


def _in(reader: Reader, place: Place, value: Expression, negated: bool) -> Expression:
    if reader.see("(") and _starts_query(reader, 1):
        return In(place, value, (), subquery(reader), negated)
    reader.need("(")
    return In(place, value, listed(reader, ")"), None, negated)


def _starts_query(reader: Reader, offset: int) -> bool:
    while reader.ahead(offset).upper == "(" and reader.ahead(offset).kind == "mark":
        offset += 1
    token = reader.ahead(offset)
    return token.upper in ("SELECT", "WITH", "VALUES", "TABLE")


def subquery(reader: Reader) -> Query:
    reader.need("(")
    reader.deeper(_COSTLY)
    found = reader.query(reader)
    reader.depth -= _COSTLY
    reader.need(")")
    return found


def listed(reader: Reader, close: str) -> tuple[Expression, ...]:
    """Expressions up to `close`, which is taken."""
    found = [expression(reader)]
    while reader.take(","):
        found.append(expression(reader))
    reader.need(close)
    return tuple(found)


def operand(reader: Reader) -> Expression:
    """Everything that binds tighter than comparisons."""
    return _climb(reader, _PREDICATE)


def _counted(reader: Reader, count: int) -> int:
    if count >= _MAX_CHAIN:
        raise at(reader.place, "STATEMENT_TOO_COMPLEX", "statement is too large (stack overflow while parsing)")
    return count + 1


def _signed(reader: Reader) -> Expression:
    token = reader.now
    if token.kind == "mark" and token.upper in ("+", "-"):
        reader.next()
        reader.deeper()
        inner = _signed(reader)
        reader.depth -= 1
        return Signed(token.place, token.upper, inner)
    value = _postfix(reader)
    while reader.see("AT", "TIME", "ZONE"):
        place = reader.place
        reader.need("AT", "TIME", "ZONE")
        value = AtZone(place, value, _postfix(reader))
    return value


def _postfix(reader: Reader) -> Expression:
    value = _primary(reader)
    count = 0
    while reader.now.kind == "mark":
        place = reader.place
        if reader.take("["):
            value = Subscript(place, value, expression(reader))
            reader.need("]")
        elif reader.see(".") and reader.ahead().upper != "*":
            reader.next()
            token = reader.name()
            value = Dot(value.place, value, Name(token.place, token.value, token.kind == "quoted"))
        else:
            return value
        count = _counted(reader, count + 8)
    return value


def _primary(reader: Reader) -> Expression:
    token = reader.now
    if token.kind == "number":
        reader.next()
        return Number(token.place, token.value.replace("_", ""))
    if token.kind == "text":
        reader.next()
        return Text(token.place, token.value)
    if token.kind == "binary":
        reader.next()
        digits = "".join(token.value.split())
        if len(digits) % 2 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise at(token.place, "SYNTAX_ERROR", "Binary literal must contain an even number of digits")
        return Bytes(token.place, digits.upper())
    if token.kind == "mark":
        return _mark(reader)
    if token.kind == "name":
        special = reader.forms.get(token.upper)
        if special is not None:
            found = special(reader)
            if found is not None:
                return found
    return _named(reader)


def _mark(reader: Reader) -> Expression:
    token = reader.now
    if reader.take("?"):
        reader.parameters += 1
        return Parameter(token.place, reader.parameters - 1)
    if not reader.see("("):
        raise reader.wrong("<expression>")
    if _starts_query(reader, 1) and not _is_row_of_query(reader):
        return Scalar(token.place, subquery(reader))
    if _is_lambda(reader):
        return _lambda(reader)
    reader.next()
    first = expression(reader)
    if reader.take(")"):
        return first
    reader.need(",")
    return RowOf(token.place, (first, *listed(reader, ")")))


def _is_row_of_query(reader: Reader) -> bool:
    """((SELECT 1) + 1): the inner parentheses are an operand."""
    if reader.ahead().upper != "(":
        return False
    depth, offset = 0, 1
    while True:
        token = reader.ahead(offset)
        if token.kind == "end":
            return False
        if token.kind == "mark":
            depth += (token.upper == "(") - (token.upper == ")")
            if depth == 0 and token.upper == ")":
                following = reader.ahead(offset + 1)
                return following.upper not in (")", "UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT", "OFFSET", "FETCH")
        offset += 1


def _is_lambda(reader: Reader) -> bool:
    offset = 1
    while reader.ahead(offset).kind in ("name", "quoted") or reader.ahead(offset).upper == ",":
        offset += 1
    return reader.ahead(offset).upper == ")" and reader.ahead(offset + 1).upper == "->"


def _lambda(reader: Reader) -> Expression:
    place = reader.place
    names: list[str] = []
    reader.need("(")
    while not reader.take(")"):
        names.append(reader.name().value.lower())
        reader.take(",")
    reader.need("->")
    return _body(reader, place, tuple(names))


def _body(reader: Reader, place: Place, names: tuple[str, ...]) -> Expression:
    reader.deeper(_COSTLY)
    found = Lambda(place, names, expression(reader))
    reader.depth -= _COSTLY
    return found


def _named(reader: Reader) -> Expression:
    token = reader.name() if reader.is_name() else None
    if token is None:
        raise reader.wrong("<expression>")
    if reader.now.kind == "text" and token.kind == "name":
        return Typed(token.place, token.value.lower(), reader.next().value)
    if token.upper in ("TIMESTAMP", "TIME", "DOUBLE") and token.kind == "name":
        words = {"TIMESTAMP": ("WITH", "TIME", "ZONE"), "TIME": ("WITH", "TIME", "ZONE"), "DOUBLE": ("PRECISION",)}
        if reader.see(*words[token.upper]) and reader.ahead(len(words[token.upper])).kind == "text":
            reader.need(*words[token.upper])
            return Typed(token.place, token.value.lower(), reader.next().value)
    if reader.take("->"):
        return _body(reader, token.place, (token.value.lower(),))
    name = Name(token.place, token.value, token.kind == "quoted")
    if reader.see("("):
        return call(reader, token.place, token.value.lower())
    return name


def call(reader: Reader, place: Place, name: str) -> Expression:
    """A function call; its opening parenthesis is next."""
    name = SYNONYMS.get(name, name)
    reader.need("(")
    if reader.see("*", ")"):
        reader.need("*", ")")
        return after_call(reader, Call(place, name, (), star=True))
    if reader.take(")"):
        return after_call(reader, Call(place, name, ()))
    distinct = reader.take("DISTINCT")
    reader.take("ALL")
    arguments = [expression(reader)]
    while reader.take(","):
        arguments.append(expression(reader))
    order = sorts(reader) if reader.take("ORDER", "BY") else ()
    reader.need(")")
    return after_call(reader, Call(place, name, tuple(arguments), distinct, order))


def after_call(reader: Reader, found: Call) -> Call:
    filter_, over, nulls = None, None, found.nulls
    if reader.take("FILTER"):
        reader.need("(", "WHERE")
        filter_ = expression(reader)
        reader.need(")")
    if reader.now.upper in ("IGNORE", "RESPECT") and reader.ahead().upper == "NULLS":
        nulls = reader.next().upper
        reader.next()
    if reader.see("OVER"):
        over = _over(reader)
    if filter_ is None and over is None and nulls == found.nulls:
        return found
    return Call(found.place, found.name, found.arguments, found.distinct, found.order, filter_, over, nulls, found.star)


def _over(reader: Reader) -> Window:
    place = reader.place
    reader.need("OVER")
    if reader.is_name():
        return Window(place, reader.name().value.lower(), (), (), "", None, None)
    return window(reader, "")


def window(reader: Reader, name: str) -> Window:
    """A window's definition in parentheses. `name` stays empty unless it builds on a named one."""
    place = reader.place
    reader.need("(")
    if reader.is_name() and reader.now.upper not in ("PARTITION", "ROWS", "RANGE", "GROUPS"):
        name = reader.name().value.lower()
    partition: tuple[Expression, ...] = ()
    if reader.take("PARTITION", "BY"):
        found = [expression(reader)]
        while reader.take(","):
            found.append(expression(reader))
        partition = tuple(found)
    order = sorts(reader) if reader.take("ORDER", "BY") else ()
    unit, low, high = "", None, None
    if reader.now.upper in ("ROWS", "RANGE", "GROUPS"):
        unit = reader.next().upper
        if reader.take("BETWEEN"):
            low = _bound(reader)
            reader.need("AND")
            high = _bound(reader)
        else:
            low = _bound(reader)
    reader.need(")")
    return Window(place, name, partition, order, unit, low, high)


def _bound(reader: Reader) -> Bound:
    place = reader.place
    if reader.take("UNBOUNDED"):
        return Bound(place, f"UNBOUNDED {'PRECEDING' if reader.take('PRECEDING') else _following(reader)}", None)
    if reader.take("CURRENT"):
        reader.need("ROW")
        return Bound(place, "CURRENT ROW", None)
    value = expression(reader)
    return Bound(place, "PRECEDING" if reader.take("PRECEDING") else _following(reader), value)


def _following(reader: Reader) -> str:
    reader.need("FOLLOWING")
    return "FOLLOWING"


def sorts(reader: Reader) -> tuple[Sort, ...]:
    """The terms behind ORDER BY."""
    found: list[Sort] = []
    while True:
        place = reader.place
        value = expression(reader)
        descending = reader.take("DESC")
        if not descending:
            reader.take("ASC")
        nulls = ""
        if reader.take("NULLS"):
            nulls = reader.next().upper
            if nulls not in ("FIRST", "LAST"):
                raise reader.wrong("'FIRST'", "'LAST'")
        found.append(Sort(place, value, descending, nulls))
        if not reader.take(","):
            return tuple(found)
