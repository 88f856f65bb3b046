"""Policies that are not valid are refused, all mistakes at once, each with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakewright.errors import Mistakes, SpecError
from lakewright.policy.documents import read_policy
from lakewright.policy.statements import Layer

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
NAMED = {**GOOD, "Principal": "*"}


def one(change: dict[str, Any], base: dict[str, Any] | None = None) -> dict[str, Any]:
    found = {**(base or GOOD), **change}
    return {"Version": "2012-10-17", "Statement": [{key: value for key, value in found.items() if value is not None}]}


REFUSED: list[tuple[str, Any, Layer, str, str]] = [
    ("no JSON", "{", Layer.IDENTITY, "p", "not a JSON policy"),
    ("a key twice", '{"Version": "2012-10-17", "Version": "2012-10-17"}', Layer.IDENTITY, "p", "twice"),
    ("a list", "[]", Layer.IDENTITY, "p", "a JSON object"),
    ("a version of its own", {"Version": "1", "Statement": GOOD}, Layer.IDENTITY, "p: Version", "no version"),
    ("no statement", {"Version": "2012-10-17"}, Layer.IDENTITY, "p: Statement", "at least one"),
    ("no statements", {"Statement": []}, Layer.IDENTITY, "p: Statement", "at least one"),
    ("another element", {"Statement": GOOD, "Name": "x"}, Layer.IDENTITY, "p", "'Name'"),
    ("another element in it", one({"Comment": "x"}), Layer.IDENTITY, "p: Statement[0]", "'Comment'"),
    ("an effect in capitals", one({"Effect": "ALLOW"}), Layer.IDENTITY, "p: Statement[0].Effect", "ALLOW"),
    ("a Sid with a space", one({"Sid": "a b"}), Layer.IDENTITY, "p: Statement[0].Sid", "letters and digits"),
    ("no action", one({"Action": None}), Layer.IDENTITY, "p: Statement[0]", "either Action or NotAction"),
    ("both", one({"NotAction": "s3:*"}), Layer.IDENTITY, "p: Statement[0]", "either Action or NotAction"),
    ("no actions", one({"Action": []}), Layer.IDENTITY, "p: Statement[0].Action", "not empty"),
    ("a number", one({"Action": 1}), Layer.IDENTITY, "p: Statement[0].Action", "a text"),
    ("no service", one({"Action": "GetObject"}), Layer.IDENTITY, "p: Statement[0].Action", "no action"),
    ("hyphens", one({"Action": "s3:*state-*"}), Layer.IDENTITY, "p: Statement[0].Action", "no action"),
    ("no resource", one({"Resource": None}), Layer.IDENTITY, "p: Statement[0]", "either Resource or NotResource"),
    ("a name", one({"Resource": "lake"}), Layer.IDENTITY, "p: Statement[0].Resource", "no ARN"),
    ("half an ARN", one({"Resource": "arn:aws:sqs:q"}), Layer.IDENTITY, "p: Statement[0].Resource", "no ARN"),
    ("a principal", one({}, NAMED), Layer.IDENTITY, "p: Statement[0].Principal", "names no principals"),
    ("no principal", one({}), Layer.RESOURCE, "p: Statement[0]", "either Principal or NotPrincipal"),
    ("a name as principal", one({"Principal": "ana"}), Layer.RESOURCE, "p: Statement[0].Principal", "a principal is"),
    (
        "a star in a principal",
        one({"Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}}),
        Layer.RESOURCE,
        "p: Statement[0].Principal.AWS",
        "no wildcards",
    ),
    (
        "a short account",
        one({"Principal": {"AWS": "1111"}}),
        Layer.RESOURCE,
        "p: Statement[0].Principal.AWS",
        "no principal",
    ),
    (
        "a group",
        one({"Principal": {"AWS": "arn:aws:iam::111111111111:group/g"}}),
        Layer.RESOURCE,
        "p: Statement[0].Principal.AWS",
        "no principal",
    ),
    (
        "another sort",
        one({"Principal": {"Google": "x"}}),
        Layer.RESOURCE,
        "p: Statement[0].Principal",
        "no principals of the sort",
    ),
    (
        "a service by its name",
        one({"Principal": {"Service": "glue"}}),
        Layer.RESOURCE,
        "p: Statement[0].Principal.Service",
        "no service",
    ),
    ("trust with a resource", one({}, NAMED), Layer.TRUST, "p: Statement[0]", "no resources"),
    (
        "an operator that is none",
        one({"Condition": {"StringIs": {"aws:username": "a"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition",
        "StringIs",
    ),
    (
        "a set of none",
        one({"Condition": {"ForNoValue:StringLike": {"aws:TagKeys": "a"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition",
        "ForNoValue",
    ),
    (
        "null if it exists",
        one({"Condition": {"NullIfExists": {"aws:username": "true"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition",
        "Null takes neither",
    ),
    (
        "no number",
        one({"Condition": {"NumericLessThan": {"s3:max-keys": "ten"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.NumericLessThan.s3:max-keys",
        "not a number",
    ),
    (
        "no date",
        one({"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.DateLessThan.aws:CurrentTime",
        "soon",
    ),
    (
        "no address",
        one({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.256"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.IpAddress.aws:SourceIp",
        "10.0.0.256",
    ),
    (
        "neither true nor false",
        one({"Condition": {"Bool": {"aws:SecureTransport": "yes"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.Bool.aws:SecureTransport",
        "neither true nor false",
    ),
    (
        "no base64",
        one({"Condition": {"BinaryEquals": {"app:key": "?"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.BinaryEquals.app:key",
        "not base64",
    ),
    (
        "no ARN to compare",
        one({"Condition": {"ArnLike": {"aws:SourceArn": "topic"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.ArnLike.aws:SourceArn",
        "not an ARN",
    ),
    (
        "a key without its service",
        one({"Condition": {"StringEquals": {"username": "a"}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.StringEquals.username",
        "no condition key",
    ),
    (
        "no keys",
        one({"Condition": {"StringEquals": {}}}),
        Layer.IDENTITY,
        "p: Statement[0].Condition.StringEquals",
        "an object",
    ),
]


@pytest.mark.parametrize(("what", "document", "layer", "place", "fact"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused_with_its_place(what: str, document: Any, layer: Layer, place: str, fact: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_policy(document, layer, "p")

    error = caught.value
    mistakes = error.mistakes if isinstance(error, Mistakes) else (error,)
    assert place in {mistake.place for mistake in mistakes}
    assert fact in str(error)


def test_all_mistakes_at_once() -> None:
    statements = [{"Effect": "Maybe", "Action": "x", "Resource": "y"}, {"Effect": "Allow"}]

    with pytest.raises(Mistakes) as caught:
        read_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}), Layer.IDENTITY, "p")

    assert len(caught.value.mistakes) == 5
