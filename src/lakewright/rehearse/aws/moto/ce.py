"""Cost Explorer: anomaly monitors and subscriptions. Source: its API reference, API version 2017-10-25."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.ce.responses import CostExplorerResponse as Response
from moto.moto_api._internal import mock_random

from lakewright.rehearse.aws.moto.additions import answer, asked, attach, refusal, shelf


def install() -> None:
    for kind in ("Monitor", "Subscription"):
        attach(Response, _create(kind), _get(kind), _update(kind), _delete(kind))


def _named(name: str, work: Callable[[Any], str]) -> Callable[[Any], str]:
    work.__name__ = name.lower()
    return work


def _create(kind: str) -> Callable[[Any], str]:
    def create(self: Any) -> str:
        made = asked(self)[f"Anomaly{kind}"]
        arn = f"arn:aws:ce::{self.current_account}:anomaly{kind.lower()}/{mock_random.uuid4()}"
        made |= {f"{kind}Arn": arn}
        if kind == "Monitor":
            made["CreationDate"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        else:
            made["AccountId"] = self.current_account
        for one in made.get("Subscribers", ()):
            one.setdefault("Status", "CONFIRMED")
        shelf(self, kind)[arn] = made
        self.ce_backend.tagger.tag_resource(arn, asked(self).get("ResourceTags") or [])
        return answer(**{f"{kind}Arn": arn})

    return _named(f"create_anomaly_{kind}", create)


def _get(kind: str) -> Callable[[Any], str]:
    def get(self: Any) -> str:
        kept = shelf(self, kind)
        arns = asked(self).get(f"{kind}ArnList") or list(kept)
        return answer(**{f"Anomaly{kind}s": [kept[arn] for arn in arns if arn in kept]})

    return _named(f"get_anomaly_{kind}s", get)


def _found(response: Any, kind: str) -> tuple[str, dict[str, Any]]:
    arn = asked(response)[f"{kind}Arn"]
    kept = shelf(response, kind)
    if arn not in kept:
        raise refusal(f"Unknown{kind}Exception", f"{arn} does not exist")
    return arn, kept[arn]


def _update(kind: str) -> Callable[[Any], str]:
    def update(self: Any) -> str:
        arn, found = _found(self, kind)
        found.update({key: value for key, value in asked(self).items() if value is not None})
        return answer(**{f"{kind}Arn": arn})

    return _named(f"update_anomaly_{kind}", update)


def _delete(kind: str) -> Callable[[Any], str]:
    def delete(self: Any) -> str:
        arn, _ = _found(self, kind)
        del shelf(self, kind)[arn]
        return "{}"

    return _named(f"delete_anomaly_{kind}", delete)
