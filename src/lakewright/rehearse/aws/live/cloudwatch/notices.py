"""SNS: a message goes to moto (which has the queues) and, for every subscriber, into the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.clock import Clock
from lakewright.rehearse.aws.live.cloudwatch.inbox import Inbox, Letter


@dataclass(frozen=True)
class Notices:
    """The live handler of `sns`, and what alarms and events publish with."""

    inbox: Inbox
    clock: Clock

    def answer(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        if asked.operation != "Publish" or not asked.parameters.get("TopicArn"):
            return None
        found = moto.call("sns", "Publish", **asked.parameters)
        text, subject = str(asked.parameters.get("Message", "")), str(asked.parameters.get("Subject") or "")
        self._deliver(moto, str(asked.parameters["TopicArn"]), subject, text)
        return found

    def publish(self, moto: Moto, topic: str, subject: str, message: str) -> None:
        """Raises Fault: no such topic."""
        moto.call("sns", "Publish", TopicArn=topic, Subject=subject[:100], Message=message)
        self._deliver(moto, topic, subject, message)

    def _deliver(self, moto: Moto, topic: str, subject: str, message: str) -> None:
        try:
            found = moto.call("sns", "ListSubscriptionsByTopic", TopicArn=topic).get("Subscriptions", ())
        except Fault:
            found = ()
        people = [(str(one["Protocol"]), str(one["Endpoint"])) for one in found] or [("", "")]
        for protocol, endpoint in people:
            self.inbox.put(Letter(self.clock.now(), topic, protocol, endpoint, subject, message))
