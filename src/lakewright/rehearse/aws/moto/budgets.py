"""Budgets: changes, subscribers, tags. Source: the API reference of AWS Budgets, API version 2016-10-20."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.budgets.responses import BudgetsResponse as Response

from lakewright.rehearse.aws.moto.additions import (
    Shelf,
    answer,
    asked,
    attach,
    refusal,
    shelf,
    tag_map,
    tag_pairs,
    wrap,
)

Doc = dict[str, Any]


def install() -> None:
    attach(Response, update_budget, update_notification, describe_subscribers_for_notification)
    attach(Response, create_subscriber, update_subscriber, delete_subscriber)
    attach(Response, list_tags_for_resource, tag_resource, untag_resource)
    wrap(Response, "create_budget", _create)
    wrap(Response, "delete_budget", _delete)


def _budget(response: Any, name: str) -> Any:
    body = asked(response)
    found = response.backend.budgets[body["AccountId"]].get(name)
    if found is None:
        raise refusal("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _arn(response: Any, name: str) -> str:
    return f"arn:aws:budgets::{response.current_account}:budget/{name}"


def _create(original: Callable[..., Any], self: Any) -> Any:
    found, body = original(self), asked(self)
    _tags(self)[_arn(self, body["Budget"]["BudgetName"])] = tag_map(body.get("ResourceTags"))
    return found


def _delete(original: Callable[..., Any], self: Any) -> Any:
    found = original(self)
    _tags(self).pop(_arn(self, asked(self)["BudgetName"]), None)
    return found


def update_budget(self: Any) -> str:
    new = asked(self)["NewBudget"]
    found = _budget(self, new["BudgetName"])
    period = found.budget.get("TimePeriod")
    found.budget = {"TimePeriod": period, **new}
    return "{}"


def _same(one: Doc, other: Doc) -> bool:
    names = ("NotificationType", "ComparisonOperator", "Threshold")
    normal = "PERCENTAGE"
    is_kind = one.get("ThresholdType", normal) == other.get("ThresholdType", normal)
    return is_kind and all(one.get(name) == other.get(name) for name in names)


def _notification(response: Any, member: str = "Notification") -> Any:
    body = asked(response)
    for one in _budget(response, body["BudgetName"]).notifications:
        if _same(one.details, body[member]):
            return one
    raise refusal("NotFoundException", "Unable to find notification")


def update_notification(self: Any) -> str:
    _notification(self, "OldNotification").details = asked(self)["NewNotification"]
    return "{}"


def describe_subscribers_for_notification(self: Any) -> str:
    return answer(Subscribers=_notification(self).subscribers)


def create_subscriber(self: Any) -> str:
    _notification(self).subscribers.append(asked(self)["Subscriber"])
    return "{}"


def update_subscriber(self: Any) -> str:
    body, found = asked(self), _notification(self)
    found.subscribers = [body["NewSubscriber"] if one == body["OldSubscriber"] else one for one in found.subscribers]
    return "{}"


def delete_subscriber(self: Any) -> str:
    found, gone = _notification(self), asked(self)["Subscriber"]
    found.subscribers = [one for one in found.subscribers if one != gone]
    return "{}"


def _tags(response: Any) -> Shelf:
    return shelf(response, "tags")


def list_tags_for_resource(self: Any) -> str:
    return answer(ResourceTags=tag_pairs(_tags(self).get(asked(self)["ResourceARN"], {})))


def tag_resource(self: Any) -> str:
    body = asked(self)
    _tags(self).setdefault(body["ResourceARN"], {}).update(tag_map(body["ResourceTags"]))
    return "{}"


def untag_resource(self: Any) -> str:
    body = asked(self)
    for key in body["ResourceTagKeys"]:
        _tags(self).get(body["ResourceARN"], {}).pop(key, None)
    return "{}"
