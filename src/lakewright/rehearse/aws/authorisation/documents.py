"""Policy documents as an AWS that runs has them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from lakewright.errors import SpecError
from lakewright.policy.documents import read_policy
from lakewright.policy.statements import Layer, Policy


def read_document(document: Any, layer: Layer, name: str) -> Policy:
    """A document as moto has it. One that is not valid denies everything: nobody knows what it would allow."""
    try:
        if isinstance(document, str):
            text = unquote(document) if document.lstrip().startswith("%7B") else document
            return read_policy(text, layer, name)
        return read_policy(json.dumps(document), layer, name)
    except SpecError as problem:
        everything: dict[str, Any] = {"Effect": "Deny", "Action": "*", "Sid": "InvalidPolicy"}
        if layer is not Layer.TRUST:
            everything["Resource"] = "*"
        if layer.names_principals:
            everything["Principal"] = "*"
        return read_policy({"Statement": everything}, layer, f"{name}: {problem}")
