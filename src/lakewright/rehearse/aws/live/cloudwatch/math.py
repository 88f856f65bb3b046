"""Metric math, as far as alarms and dashboards of this platform go: arithmetic, comparisons, FILL, IF, MIN, MAX, SUM.

A series is period start → value. An operation holds for the periods that all its series have; FILL adds others.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lakewright.rehearse.aws.faults import Fault

Series = Mapping[float, float]
Value = Series | float
BINARY: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
}
COMPARED: Mapping[type, Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluated(expression: str, known: Mapping[str, Series], periods: Sequence[float]) -> Series:
    """The expression's series. Raises Fault ValidationError for what is not understood here."""
    try:
        tree = ast.parse(expression.strip().replace("&&", " and ").replace("||", " or "), mode="eval")
    except SyntaxError:
        raise _wrong(expression) from None
    value = _Evaluator(expression, known, periods).value(tree.body)
    return value if isinstance(value, Mapping) else dict.fromkeys(periods, value)


def _wrong(expression: str) -> Fault:
    return Fault("ValidationError", f"The expression {expression} is not supported by this local CloudWatch")


class _Evaluator:
    def __init__(self, expression: str, known: Mapping[str, Series], periods: Sequence[float]) -> None:
        self.expression, self.known, self.periods = expression, known, periods

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self.known:
                return self.known[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return _each(operator.neg, self.value(inner))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._divided(self.value(left), self.value(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return _both(BINARY[type(op)], self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARED:
                compare = COMPARED[type(op)]
                return _both(lambda a, b: float(compare(a, b)), self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._called(name.upper(), arguments)
        raise _wrong(self.expression)

    def _divided(self, left: Value, right: Value) -> Value:
        """Where there is nothing to divide by, there is no point."""
        if isinstance(right, Mapping):
            right = {at: number for at, number in right.items() if number}
        return _both(operator.truediv, left, right) if right else {}

    def _called(self, name: str, arguments: list[ast.expr]) -> Value:
        match name, arguments:
            case "FILL", [series, ast.Constant(value=int() | float() as number)]:
                found = self.value(series)
                return {**dict.fromkeys(self.periods, float(number)), **(found if isinstance(found, Mapping) else {})}
            case "IF", [condition, yes, no]:
                return self._chosen(self.value(condition), self.value(yes), self.value(no))
            case "MAX" | "MIN" | "SUM" | "AVG", [ast.List(elts=parts)]:
                return self._gathered(name, [self.value(part) for part in parts])
            case "ABS", [inner]:
                return _each(abs, self.value(inner))
        raise _wrong(self.expression)

    def _chosen(self, condition: Value, yes: Value, no: Value) -> Value:
        series = condition if isinstance(condition, Mapping) else dict.fromkeys(self.periods, condition)
        found = {}
        for at, holds in series.items():
            value = _at(yes if holds else no, at)
            if value is not None:
                found[at] = value
        return found

    def _gathered(self, name: str, parts: list[Value]) -> Value:
        ways: dict[str, Callable[[list[float]], float]] = {"MAX": max, "MIN": min, "SUM": sum, "AVG": _mean}
        found = {}
        for at in self.periods:
            numbers = [number for part in parts if (number := _at(part, at)) is not None]
            if numbers:
                found[at] = ways[name](numbers)
        return found


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _at(value: Value, at: float) -> float | None:
    return value.get(at) if isinstance(value, Mapping) else value


def _each(change: Callable[[float], float], value: Value) -> Value:
    return {at: change(number) for at, number in value.items()} if isinstance(value, Mapping) else change(value)


def _both(join: Callable[[Any, Any], float], left: Value, right: Value) -> Value:
    if isinstance(left, Mapping):
        pairs = {at: (number, _at(right, at)) for at, number in left.items()}
        return {at: join(a, b) for at, (a, b) in pairs.items() if b is not None}
    if isinstance(right, Mapping):
        return {at: join(left, number) for at, number in right.items()}
    return join(left, right)
