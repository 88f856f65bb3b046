"""The tree of a parsed statement. `place` is (line, column) from 1, and does not count in comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from lakewright.query.athena.sql.types import Type

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Node:
    place: Place = field(compare=False)

    def children(self) -> Iterator[Node]:
        """The nodes directly below, through tuples of tuples."""
        for part in fields(self):
            yield from _nodes(getattr(self, part.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


@dataclass(frozen=True, slots=True)
class Expression(Node):
    pass


@dataclass(frozen=True, slots=True)
class Number(Expression):
    text: str


@dataclass(frozen=True, slots=True)
class Text(Expression):
    value: str


@dataclass(frozen=True, slots=True)
class Bytes(Expression):
    digits: str


@dataclass(frozen=True, slots=True)
class Truth(Expression):
    value: bool


@dataclass(frozen=True, slots=True)
class Null(Expression):
    pass


@dataclass(frozen=True, slots=True)
class Typed(Expression):
    """DATE '…', TIMESTAMP '…', DECIMAL '…', JSON '…'."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Interval(Expression):
    sign: int
    value: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Name(Expression):
    value: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Dot(Expression):
    base: Expression
    name: Name


@dataclass(frozen=True, slots=True)
class Subscript(Expression):
    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Sort(Node):
    value: Expression
    descending: bool
    nulls: str  # FIRST, LAST or nothing


@dataclass(frozen=True, slots=True)
class Bound(Node):
    kind: str  # UNBOUNDED PRECEDING, CURRENT ROW, PRECEDING, FOLLOWING, UNBOUNDED FOLLOWING
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Window(Node):
    name: str
    partition: tuple[Expression, ...]
    order: tuple[Sort, ...]
    unit: str
    low: Bound | None
    high: Bound | None


@dataclass(frozen=True, slots=True)
class Call(Expression):
    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    order: tuple[Sort, ...] = ()
    filter: Expression | None = None
    over: Window | None = None
    nulls: str = ""  # IGNORE or RESPECT
    star: bool = False


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    value: Expression
    type: Type
    safe: bool


@dataclass(frozen=True, slots=True)
class Signed(Expression):
    sign: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Distinct(Expression):
    left: Expression
    right: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Logic(Expression):
    word: str
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Expression):
    value: Expression


@dataclass(frozen=True, slots=True)
class IsNull(Expression):
    value: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Between(Expression):
    value: Expression
    low: Expression
    high: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Expression):
    value: Expression
    items: tuple[Expression, ...]
    query: Query | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Like(Expression):
    value: Expression
    pattern: Expression
    escape: Expression | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Exists(Expression):
    query: Query


@dataclass(frozen=True, slots=True)
class Scalar(Expression):
    query: Query


@dataclass(frozen=True, slots=True)
class Quantified(Expression):
    operator: str
    word: str
    value: Expression
    query: Query


@dataclass(frozen=True, slots=True)
class Case(Expression):
    operand: Expression | None
    whens: tuple[tuple[Expression, Expression], ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Extract(Expression):
    field: str
    value: Expression


@dataclass(frozen=True, slots=True)
class AtZone(Expression):
    value: Expression
    zone: Expression


@dataclass(frozen=True, slots=True)
class ArrayOf(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class RowOf(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Expression):
    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Parameter(Expression):
    number: int


@dataclass(frozen=True, slots=True)
class Grouping(Expression):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    pass


@dataclass(frozen=True, slots=True)
class Query(Node):
    """WITH …, a body, and what follows it."""

    ctes: tuple[Cte, ...]
    recursive: bool
    body: Node
    order: tuple[Sort, ...]
    offset: Expression | None
    limit: Expression | None
    ties: bool = False


@dataclass(frozen=True, slots=True)
class Cte(Node):
    name: str
    columns: tuple[str, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Item(Node):
    """One output: an expression with its alias, or a star (`star` true) over `value` (a relation's name, a row)."""

    value: Expression | None
    alias: str
    star: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupTerm(Node):
    """`kind`: plain, rollup, cube or sets; `sets` are lists of expressions."""

    kind: str
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True)
class Select(Node):
    distinct: bool
    items: tuple[Item, ...]
    source: tuple[Relation, ...]
    where: Expression | None
    group: tuple[GroupTerm, ...] | None
    group_distinct: bool
    having: Expression | None
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    word: str
    every: bool
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Values(Node):
    rows: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class TableNode(Node):
    """TABLE t, or a query in parentheses as a body."""

    query: Query


@dataclass(frozen=True, slots=True)
class Pinned(Node):
    kind: str  # VERSION or TIMESTAMP
    value: Expression


@dataclass(frozen=True, slots=True)
class Table(Relation):
    """`name` is database.table, lower case; a CTE's name has no dot."""

    parts: tuple[str, ...]
    name: str
    pin: Pinned | None


@dataclass(frozen=True, slots=True)
class Derived(Relation):
    query: Query


@dataclass(frozen=True, slots=True)
class Unnest(Relation):
    values: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True, slots=True)
class Lateral(Relation):
    query: Query


@dataclass(frozen=True, slots=True)
class Aliased(Relation):
    relation: Relation
    alias: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Join(Relation):
    kind: str  # INNER, LEFT, RIGHT, FULL, CROSS
    left: Relation
    right: Relation
    on: Expression | None
    using: tuple[Name, ...]
