"""Policy documents: JSON → validated values, all mistakes at once, each with its place.

Documentation: IAM User Guide, "Grammar of the IAM JSON policy language"; "IAM policy validation check reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from lakewright.errors import Mistakes, SpecError
from lakewright.policy.conditions import OPERATORS, Test, read_operator
from lakewright.policy.principals import ACCOUNT, Principals
from lakewright.policy.statements import Layer, Policy, Statement

VERSIONS = ("2012-10-17", "2008-10-17")
_ACTION = re.compile(r"\*|[a-z0-9][a-z0-9-]*:[A-Za-z0-9*?]+", re.IGNORECASE)
_SID = re.compile(r"[A-Za-z0-9]*")
_PRINCIPAL = re.compile(r"arn:[\w-]+:(iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)|sts::\d{12}:[\w-]+/[\w+=,.@/-]+)")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")
_ONE_SID = "each Sid once in a document"
_STATEMENT_KEYS = frozenset(
    ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"]
)


def read_policy(document: str | Mapping[str, Any], layer: Layer, name: str) -> Policy:
    """The policy that a document (JSON, or what JSON gives) says. Raises SpecError or Mistakes, places after `name`."""
    found = _parsed(document, name) if isinstance(document, str) else document
    reading = _Reading(layer, name)
    policy = reading.policy(found)
    if reading.mistakes:
        raise Mistakes(reading.mistakes)
    return policy


def _parsed(text: str, name: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for place, (key, _) in enumerate(pairs) if key in {other for other, _ in pairs[:place]}]
        if twice:
            raise ValueError(f"the key {twice[0]!r} is there twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as problem:
        raise SpecError("LW1020", f"not a JSON policy: {problem}", place=name) from None


class _Reading:
    """One pass over a document; `mistakes` fills as it goes."""

    def __init__(self, layer: Layer, name: str) -> None:
        self._layer, self._name = layer, name
        self.mistakes: list[SpecError] = []

    def wrong(self, place: str, fact: str, hint: str = "") -> None:
        self.mistakes.append(SpecError("LW1021", fact, place=place, hint=hint))

    def policy(self, document: Any) -> Policy:
        empty = Policy(self._name, self._layer, ())
        if not isinstance(document, Mapping):
            self.wrong(self._name, "a policy is a JSON object")
            return empty
        for key in document.keys() - {"Version", "Id", "Statement"}:
            self.wrong(self._name, f"a policy has no element {key!r}")
        version = document.get("Version", VERSIONS[1])
        if version not in VERSIONS:
            self.wrong(f"{self._name}: Version", f"{version!r} is no version of the policy language", VERSIONS[0])
        written = document.get("Statement")
        statements = [written] if isinstance(written, Mapping) else written
        if not isinstance(statements, list) or not statements:
            self.wrong(f"{self._name}: Statement", "a policy needs at least one statement")
            return empty
        variables = version == VERSIONS[0]
        read = tuple(
            self.statement(f"{self._name}: Statement[{place}]", one, variables) for place, one in enumerate(statements)
        )
        self._sids(read)
        return Policy(self._name, self._layer, read)

    def _sids(self, statements: Sequence[Statement]) -> None:
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                self.wrong(statement.place, f"another statement has the Sid {statement.sid!r} too", _ONE_SID)
            seen.add(statement.sid)

    def statement(self, place: str, document: Any, variables: bool) -> Statement:
        if not isinstance(document, Mapping):
            self.wrong(place, "a statement is a JSON object")
            document = {}
        for key in sorted(document.keys() - _STATEMENT_KEYS):
            self.wrong(place, f"a statement has no element {key!r}")
        effect = document.get("Effect")
        if effect not in ("Allow", "Deny"):
            self.wrong(f"{place}.Effect", f"Effect is Allow or Deny, not {effect!r}")
        sid = document.get("Sid", "")
        if not isinstance(sid, str) or (not self._layer.names_principals and not _SID.fullmatch(sid)):
            self.wrong(f"{place}.Sid", f"a Sid is made of letters and digits: {sid!r}")
            sid = ""
        all_but_actions, actions = self._one_of(document, place, "Action")
        all_but_resources, resources = self._resources(document, place)
        principals, all_but_principals = self._principals(document, place)
        for action in actions:
            if not _ACTION.fullmatch(action):
                self.wrong(f"{place}.Action", f"{action!r} is no action", "service:Action, or *")
        tests = tuple(self._tests(document.get("Condition", {}), f"{place}.Condition"))
        return Statement(
            place=place,
            sid=sid,
            allow=effect == "Allow",
            actions=actions,
            all_but_actions=all_but_actions,
            resources=resources,
            all_but_resources=all_but_resources,
            principals=principals,
            all_but_principals=all_but_principals,
            tests=tests,
            variables=variables,
        )

    def _one_of(self, document: Mapping[str, Any], place: str, name: str) -> tuple[bool, tuple[str, ...]]:
        """Exactly one of an element and its Not… form: whether it is the latter, and its texts."""
        there = [key for key in (name, f"Not{name}") if key in document]
        if len(there) != 1:
            self.wrong(place, f"a statement needs either {name} or Not{name}")
            return False, ()
        texts = self._texts(document[there[0]], f"{place}.{there[0]}")
        return there[0] != name, texts

    def _texts(self, value: Any, place: str) -> tuple[str, ...]:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            self.wrong(place, "here stands a text, or a list of texts that is not empty")
            return ()
        return tuple(texts)

    def _resources(self, document: Mapping[str, Any], place: str) -> tuple[bool, tuple[str, ...]]:
        if self._layer is Layer.TRUST:
            if document.keys() & {"Resource", "NotResource"}:
                self.wrong(place, "a trust policy names no resources: it is about its role")
            return False, ()
        turned, texts = self._one_of(document, place, "Resource")
        for text in texts:
            whole = text.count(":") >= 5 or (text.startswith("arn:") and text.endswith("*"))
            if text != "*" and not (text.startswith("arn:") and whole):
                self.wrong(f"{place}.Resource", f"{text!r} is no ARN", "an ARN with all its parts, or *")
        return turned, texts

    def _principals(self, document: Mapping[str, Any], place: str) -> tuple[Principals | None, bool]:
        there = [key for key in ("Principal", "NotPrincipal") if key in document]
        if not self._layer.names_principals:
            if there:
                self.wrong(f"{place}.{there[0]}", f"a {self._layer.value} names no principals")
            return None, False
        if len(there) != 1:
            self.wrong(place, "a statement needs either Principal or NotPrincipal")
            return None, False
        return self._principal(document[there[0]], f"{place}.{there[0]}"), there[0] == "NotPrincipal"

    def _principal(self, value: Any, place: str) -> Principals:
        if value == "*":
            return Principals(everyone=True)
        if not isinstance(value, Mapping) or not value:
            self.wrong(place, "a principal is * or an object such as {AWS: …}, {Service: …}, {Federated: …}")
            return Principals()
        sorts: dict[str, frozenset[str]] = {}
        for sort, names in value.items():
            if sort not in {"AWS", "Service", "Federated", "CanonicalUser"}:
                self.wrong(place, f"there are no principals of the sort {sort!r}")
                continue
            sorts[sort] = frozenset(self._texts(names, f"{place}.{sort}"))
            for name in sorts[sort]:
                self._principal_name(sort, name, f"{place}.{sort}")
        aws = sorts.get("AWS", frozenset())
        return Principals(
            everyone="*" in aws,
            aws=aws - {"*"},
            services=sorts.get("Service", frozenset()),
            federated=sorts.get("Federated", frozenset()),
            canonical=sorts.get("CanonicalUser", frozenset()),
        )

    def _principal_name(self, sort: str, name: str, place: str) -> None:
        if "*" in name and (sort, name) != ("AWS", "*"):
            self.wrong(place, f"a principal has no wildcards: {name!r}", "name it, or use * and aws:PrincipalArn")
        elif sort == "AWS" and not any(
            form.fullmatch(name) for form in (_PRINCIPAL, ACCOUNT, _UNIQUE_ID, re.compile(r"\*"))
        ):
            self.wrong(place, f"{name!r} is no principal", "an account id or the ARN of a user, role or session")
        elif sort == "Service" and "." not in name:
            self.wrong(place, f"{name!r} is no service", "such as glue.amazonaws.com")

    def _tests(self, conditions: Any, place: str) -> Iterator[Test]:
        if not isinstance(conditions, Mapping):
            self.wrong(place, "conditions are an object: operator → key → values")
            return
        for written, keys in conditions.items():
            try:
                operator, quantifier, if_exists = read_operator(written)
            except ValueError as problem:
                self.wrong(place, str(problem), _nearest_operator(written))
                continue
            if not isinstance(keys, Mapping) or not keys:
                self.wrong(f"{place}.{written}", "an operator takes an object: key → values")
                continue
            for key, values in keys.items():
                at = f"{place}.{written}.{key}"
                if ":" not in key:
                    self.wrong(at, f"{key!r} is no condition key", "such as aws:PrincipalArn")
                texts = self._values(values, at)
                for text in texts:
                    try:
                        operator.read(text)
                    except ValueError as problem:
                        self.wrong(at, str(problem) or f"{text!r} cannot be compared")
                yield Test(operator, quantifier, if_exists, key, texts)

    def _values(self, value: Any, place: str) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str | int | float | bool) for one in values):
            self.wrong(place, "values of a condition are texts, numbers, true or false")
            return ()
        return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def _nearest_operator(written: str) -> str:
    """`ForAnyValue:StringEqualzIfExists` → a hint with the operator that was meant, and what stands around it."""
    prefix, colon, rest = written.rpartition(":")
    name = rest.removesuffix("IfExists")
    close = get_close_matches(name, OPERATORS, n=1)
    return f'did you mean "{prefix}{colon}{close[0]}{rest[len(name) :]}"?' if close and close[0] != name else ""
