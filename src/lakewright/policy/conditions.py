"""The Condition element: operators, several values, missing keys.

Documentation: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued
context keys".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

from lakewright.policy.context import Context
from lakewright.policy.patterns import (
    Piece,
    Unfilled,
    any_of,
    filled,
    matches,
    parsed,
    plain_form,
    segments_form,
    segments_match,
    text_of,
)
from lakewright.policy.truth import Truth, every, known, some

Compare = Callable[[tuple[Piece, ...], str], Truth]
"""Policy's value, request's value: do they agree?"""


@dataclass(frozen=True, slots=True)
class Operator:
    """How one operator compares. `wild`: `*` and `?` are wildcards; `variables`: `${…}` is replaced.

    `read` turns a policy's value into what is compared and raises ValueError when it is none.
    """

    name: str
    compare: Compare
    negated: bool = False
    wild: bool = False
    variables: bool = False
    read: Callable[[str], Any] = str


class Quantifier(Enum):
    """How many of the request's values must agree with one of the policy's."""

    SINGLE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class Test:
    """One operator on one key: `values` are the policy's, any of which may agree."""

    operator: Operator
    quantifier: Quantifier
    if_exists: bool
    key: str
    values: tuple[str, ...]
    agrees: Callable[[str], Truth] | None = field(init=False, compare=False, repr=False)
    """Whether one of the values agrees with a request's, not negated; None where variables stand in them."""

    __test__ = False

    def __post_init__(self) -> None:
        fixed = not any("${" in value for value in self.values)
        object.__setattr__(self, "agrees", _agreeing(self.operator, self.values) if fixed else None)

    @property
    def written(self) -> str:
        prefix = f"{self.quantifier.value}:" if self.quantifier.value else ""
        return f"{prefix}{self.operator.name}{'IfExists' if self.if_exists else ''} {self.key}"


def holds(test: Test, context: Context, *, variables: bool, allow: bool) -> Truth:
    """Whether the request meets a test. `variables`: the policy's version has them; `allow`: the statement's effect."""
    given = context.look_up(test.key)
    if given is None:
        return Truth.MAYBE
    if test.operator is NULL:
        return _null(test, given)
    if not given:
        return _missing(test)
    if test.quantifier is Quantifier.SINGLE and len(given) == 1:
        return _agrees(test, given[0], context, variables=variables, allow=allow)
    agreeing = [_agrees(test, value, context, variables=variables, allow=allow) for value in given]
    match test.quantifier:
        case Quantifier.ALL:
            answer = every(agreeing)
        case Quantifier.ANY:
            answer = some(agreeing)
        case Quantifier.SINGLE:  # several values without a set operator: not documented
            answer = Truth.MAYBE
    if given == ("",):  # documented both as a value and as an empty set
        return answer if answer is _missing(test) else Truth.MAYBE
    return answer


def _missing(test: Test) -> Truth:
    """The request does not have the key."""
    match test.quantifier:
        case Quantifier.ALL:
            return Truth.YES
        case Quantifier.ANY:
            return Truth.MAYBE if test.if_exists else Truth.NO
        case Quantifier.SINGLE:
            return known(test.if_exists or test.operator.negated)


def _null(test: Test, given: tuple[str, ...]) -> Truth:
    if given == ("",):  # there, but is its value null?
        return Truth.MAYBE
    return some(known((value.lower() == "true") is not bool(given)) for value in test.values)


def _agrees(test: Test, value: str, context: Context, *, variables: bool, allow: bool) -> Truth:
    operator = test.operator
    if test.agrees is not None:
        return test.agrees(value).negated() if operator.negated else test.agrees(value)
    forms = [
        filled(parsed(wanted, wild=operator.wild, variables=operator.variables and variables), context)
        for wanted in test.values
    ]
    lacking = [form for form in forms if isinstance(form, Unfilled)]
    if lacking and operator.negated:
        return Truth.MAYBE
    found = any_of(
        (operator.compare(form, value) for form in forms if not isinstance(form, Unfilled)), lacking, allow=allow
    )
    return found.negated() if operator.negated else found


def _agreeing(operator: Operator, values: tuple[str, ...]) -> Callable[[str], Truth]:
    """For values without variables."""
    if operator.compare is _equals:
        texts = frozenset(values)
        return lambda given: Truth.YES if given in texts else Truth.NO
    compare, forms = operator.compare, [plain_form(value, wild=operator.wild) for value in values]
    if len(forms) == 1:
        (form,) = forms
        return segments_form(form) if compare is _segments else lambda given: compare(form, given)
    return lambda given: some(compare(form, given) for form in forms)


def _equals(wanted: tuple[Piece, ...], given: str) -> Truth:
    return known(text_of(wanted) == given)


def _equals_ignoring_case(wanted: tuple[Piece, ...], given: str) -> Truth:
    return known(text_of(wanted).lower() == given.lower())


def _like(wanted: tuple[Piece, ...], given: str) -> Truth:
    return known(matches(wanted, given))


@lru_cache(maxsize=4096)
def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{text!r} is not a number")
    return number


@lru_cache(maxsize=4096)
def moment(text: str) -> Decimal:
    """Seconds since 1970 of a date in W3C's ISO 8601 or of an epoch time. Raises ValueError."""
    text = text.strip()
    if text.lstrip("-").replace(".", "", 1).isdigit() and not (len(text) == 4 and text.isdigit()):
        return _number(text)
    if len(text) in {4, 7} and "T" not in text:  # year, year and month
        text = f"{text}-01-01" if len(text) == 4 else f"{text}-01"
    found = datetime.fromisoformat(text)
    return Decimal(repr((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()))


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _truth_or_variable(text: str) -> object:
    return text if "${" in text else _truth(text)


@lru_cache(maxsize=4096)
def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError(f"{text!r} is not base64") from None


@lru_cache(maxsize=4096)
def _range(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text.strip(), strict=False)


def _comparing(read: Callable[[str], Any], holds_for: Callable[[Any, Any], bool]) -> Compare:
    """Reads both sides. A request's value that cannot be read gives MAYBE."""

    def compare(wanted: tuple[Piece, ...], given: str) -> Truth:
        try:
            return known(holds_for(read(given), read(text_of(wanted))))
        except ValueError:
            return Truth.MAYBE

    return compare


def _in_range(wanted: tuple[Piece, ...], given: str) -> Truth:
    try:
        address, network = ipaddress.ip_address(given.strip()), _range(text_of(wanted))
    except ValueError:
        return Truth.MAYBE
    return known(address.version == network.version and address in network)


def _segments(wanted: tuple[Piece, ...], given: str) -> Truth:
    return segments_match(wanted, given)


def _arn(text: str) -> str:
    if text.count(":") < 5 and text != "*" and "${" not in text:
        raise ValueError(f"{text!r} is not an ARN")
    return text


def _all() -> tuple[Operator, ...]:
    orders: Mapping[str, tuple[Callable[[Any, Any], bool], bool]] = {
        "Equals": (eq, False),
        "NotEquals": (eq, True),
        "LessThan": (lt, False),
        "LessThanEquals": (le, False),
        "GreaterThan": (gt, False),
        "GreaterThanEquals": (ge, False),
    }
    return (
        Operator("StringEquals", _equals, variables=True),
        Operator("StringNotEquals", _equals, negated=True, variables=True),
        Operator("StringEqualsIgnoreCase", _equals_ignoring_case, variables=True),
        Operator("StringNotEqualsIgnoreCase", _equals_ignoring_case, negated=True, variables=True),
        Operator("StringLike", _like, wild=True, variables=True),
        Operator("StringNotLike", _like, negated=True, wild=True, variables=True),
        *(
            Operator(f"{kind}{order}", _comparing(read, relation), negated=negated, read=read)
            for kind, read in (("Numeric", _number), ("Date", moment))
            for order, (relation, negated) in orders.items()
        ),
        Operator("Bool", _comparing(_truth, eq), variables=True, read=_truth_or_variable),
        Operator("BinaryEquals", _comparing(_bytes, eq), read=_bytes),
        Operator("IpAddress", _in_range, read=_range),
        Operator("NotIpAddress", _in_range, negated=True, read=_range),
        *(
            Operator(name, _segments, negated="Not" in name, wild=True, variables=True, read=_arn)
            for name in ("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike")
        ),
    )


NULL = Operator("Null", lambda _wanted, _given: Truth.MAYBE, read=_truth)
OPERATORS: Mapping[str, Operator] = {operator.name: operator for operator in (*_all(), NULL)}


def read_operator(written: str) -> tuple[Operator, Quantifier, bool]:
    """`ForAnyValue:StringLikeIfExists` → the operator, its quantifier, whether the key may be missing.

    Raises ValueError for what AWS does not know, `NullIfExists` included.
    """
    prefix, colon, rest = written.rpartition(":")
    quantifiers = {quantifier.value: quantifier for quantifier in Quantifier}
    name = rest.removesuffix("IfExists")
    if (colon and not prefix) or prefix not in quantifiers or name not in OPERATORS:
        raise ValueError(f"{written!r} is not a condition operator")
    operator, quantifier = OPERATORS[name], quantifiers[prefix]
    if operator is NULL and (rest != name or quantifier is not Quantifier.SINGLE):
        raise ValueError(f"Null takes neither IfExists nor a set operator: {written!r}")
    return operator, quantifier, rest != name
