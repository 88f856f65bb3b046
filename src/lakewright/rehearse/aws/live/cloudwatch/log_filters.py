"""Metric filters: log lines that fit a pattern become figures.

"Filter pattern syntax", CloudWatch Logs user guide: JSON selectors with comparisons, `&&`, `||`; words, quoted terms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_CONDITION = re.compile(
    r"""\s*(\$[\w.\[\]"*-]*)\s*
        (?:(IS|NOT)\s+(TRUE|FALSE|NULL|EXISTS)|(>=|<=|!=|=|>|<)\s*("(?:[^"\\]|\\.)*"|[^\s()&|]+))""",
    re.VERBOSE,
)
_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def fits(pattern: str, line: str) -> bool:
    """Whether a metric filter's pattern fits a line. A pattern that is not understood fits nothing."""
    text = pattern.strip()
    if not text:
        return True
    if text.startswith("{"):
        document = _parsed(line)
        return document is not None and _Json(text.strip("{} "), document).holds()
    return _terms(text, line)


def _terms(text: str, line: str) -> bool:
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for sign, quoted, bare in _TERM.findall(text):
        terms[sign].append(quoted or bare)
    found = all(term in line for term in terms[""]) and not any(term in line for term in terms["-"])
    return found and (not terms["?"] or any(term in line for term in terms["?"]))


def value_of(text: str, line: str) -> float | None:
    """A transformation's value: a number, or a selector into the line; None where that has no number."""
    if not text.startswith("$"):
        return float(text)
    document = _parsed(line)
    found = None if document is None else select(document, text)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def dimensions_of(wanted: Mapping[str, str], line: str) -> list[dict[str, str]]:
    document = _parsed(line) or {}
    pairs = {name: select(document, path) for name, path in wanted.items()}
    return [{"Name": name, "Value": str(value)} for name, value in pairs.items() if value is not None]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def select(document: Any, path: str) -> Any:
    """`$.a.b[0]`; None when there is no such thing."""
    for part in re.findall(r'[\w-]+|"[^"]+"', path.removeprefix("$")):
        name = part.strip('"')
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


class _Json:
    """A JSON pattern: conditions, `&&` before `||`, brackets."""

    def __init__(self, text: str, document: Any) -> None:
        self.text, self.document, self.at = text, document, 0

    def holds(self) -> bool:
        try:
            value = self.either()
        except ValueError:
            return False
        return value and not self.text[self.at :].strip()

    def either(self) -> bool:
        value = self.both()
        while self._takes("||"):
            value = self.both() or value
        return value

    def both(self) -> bool:
        value = self.one()
        while self._takes("&&"):
            value = self.one() and value
        return value

    def one(self) -> bool:
        if self._takes("("):
            value = self.either()
            if not self._takes(")"):
                raise ValueError(self.text)
            return value
        found = _CONDITION.match(self.text, self.at)
        if found is None:
            raise ValueError(self.text)
        self.at = found.end()
        path, verb, what, sign, literal = found.groups()
        value = select(self.document, path)
        return _is(verb, what, value) if verb else _compares(sign, literal, value)

    def _takes(self, mark: str) -> bool:
        rest = self.text[self.at :]
        if not rest.lstrip().startswith(mark):
            return False
        self.at += len(rest) - len(rest.lstrip()) + len(mark)
        return True


def _is(verb: str, what: str, value: Any) -> bool:
    if what == "EXISTS":
        return (value is None) == (verb == "NOT")
    found = value is {"TRUE": True, "FALSE": False, "NULL": None}[what]
    return found if verb == "IS" else not found


def _compares(sign: str, literal: str, value: Any) -> bool:
    if value is None:
        return False
    if literal.startswith('"') or not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", literal):
        wanted = literal.strip('"')
        expression = ".*".join(re.escape(part) for part in wanted.split("*"))
        same = re.fullmatch(expression, str(value)) is not None
        return {"=": same, "!=": not same}.get(sign, False)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    number = float(literal)
    order: Mapping[str, bool] = {
        "=": value == number,
        "!=": value != number,
        ">": value > number,
        "<": value < number,
        ">=": value >= number,
        "<=": value <= number,
    }
    return order[sign]


def measured(filters: Sequence[Mapping[str, Any]], line: str) -> list[tuple[str, str, float, list[dict[str, str]]]]:
    """(namespace, metric, value, dimensions) of all filters: of those that do not fit the line, their defaults."""
    found = []
    for one in filters:
        fitting = fits(str(one.get("filterPattern") or ""), line)
        for change in one.get("metricTransformations") or ():
            value = value_of(str(change["metricValue"]), line) if fitting else change.get("defaultValue")
            if value is not None:
                dimensions = dimensions_of(change.get("dimensions") or {}, line)
                found.append((str(change["metricNamespace"]), str(change["metricName"]), value, dimensions))
    return found
