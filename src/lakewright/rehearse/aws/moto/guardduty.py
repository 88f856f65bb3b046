"""GuardDuty: protection plans of a detector by name, one detector in an account and region, tags.

Source: the API reference of Amazon GuardDuty, DetectorFeatureConfigurationResult.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.guardduty import urls
from moto.guardduty.models import Detector, GuardDutyBackend
from moto.guardduty.responses import GuardDutyResponse as Response

from lakewright.rehearse.aws.moto.additions import answer, asked, attach, refusal, route, wrap

ALWAYS = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
"""Sources that are on in every detector that is."""


def install() -> None:
    wrap(GuardDutyBackend, "create_detector", _create)
    wrap(Detector, "update", _update)
    wrap(Detector, "to_json", _described)
    attach(Response, tag_resource, untag_resource, list_tags_for_resource)
    route(urls, Response, "tags/(?P<arn>.+)")


def _create(original: Callable[..., str], self: Any, *given: Any) -> str:
    if self.detectors:
        raise refusal("BadRequestException", "The request is rejected because a detector already exists.")
    return original(self, *given)


def _update(original: Callable[..., None], self: Any, enable: Any, frequency: Any, sources: Any, features: Any) -> None:
    """Only the named features change."""
    known = {one["name"]: one for one in self.features}
    for one in features or ():
        known[one["name"]] = one
    original(self, enable, frequency, sources, list(known.values()))


def _described(original: Callable[..., dict[str, Any]], self: Any) -> dict[str, Any]:
    found = original(self)
    on = "ENABLED" if self.enabled else "DISABLED"
    always = [{"name": name, "status": on} for name in ALWAYS]
    return {**found, "features": [*always, *self.features]}


def _detector(self: Any) -> Any:
    return self.guardduty_backend.get_detector(unquote(self.path).rpartition("/")[2])


def list_tags_for_resource(self: Any) -> str:
    return answer(tags=_detector(self).tags)


def tag_resource(self: Any) -> str:
    _detector(self).tags.update(asked(self)["tags"])
    return "{}"


def untag_resource(self: Any) -> str:
    for key in self.querystring.get("tagKeys", []):
        _detector(self).tags.pop(key, None)
    return "{}"
