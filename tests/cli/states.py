"""Parts of Terraform's states, and the accounts and region of the tests of units."""

from __future__ import annotations

from typing import Any

ACCOUNT, OTHER, REGION = "111111111111", "222222222222", "us-east-1"


def resource(kind: str, **attributes: str) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]}
