"""Glue's part of moto, asked in Glue's own JSON: times stay numbers, as answers carry them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.aws.faults import JSON_TYPE, Fault
from lakewright.rehearse.aws.moto.state import State


@dataclass(frozen=True)
class GlueState:
    """One account's Glue."""

    state: State

    def ask(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """moto's answer to one Glue operation. Raises Fault with moto's error."""
        headers = {"content-type": JSON_TYPE, "x-amz-target": f"AWSGlue.{operation}", "host": "localhost"}
        said = self.state.send("glue", operation, "POST", "/", headers, json.dumps(body).encode())
        if said.status == 200:
            answer: dict[str, Any] = json.loads(said.body or b"{}")
            return answer
        raise _fault(operation, said.status, said.body)


def _fault(operation: str, status: int, text: bytes) -> Fault:
    try:
        error = json.loads(text)
        code, message = str(error["__type"]), str(error.get("message") or error.get("Message") or "")
    except (ValueError, KeyError, TypeError):
        return Fault("UnknownOperationException", f"Glue's {operation} is not supported by this local AWS")
    return Fault(code.rpartition("#")[2], message, status)
