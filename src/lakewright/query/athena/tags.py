"""Tags of workgroups and of the data catalog."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lakewright.query.athena.errors import denied, invalid, not_found
from lakewright.query.athena.items import Items
from lakewright.query.athena.tokens import after, page
from lakewright.query.athena.workgroups import WorkGroups

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller

Body = Mapping[str, Any]
KIND = "tags"
MOST = 50
_ARN = re.compile(r"arn:aws[a-z-]*:athena:[a-z0-9-]+:\d{12}:(workgroup|datacatalog)/(.+)")


class Tags:
    """Key → value by resource. Administrators change them; who may use the resource reads them."""

    def __init__(self, items: Items, workgroups: WorkGroups, administers: Callable[[Principal], bool]) -> None:
        self._items = items
        self._workgroups = workgroups
        self._administers = administers

    def tag(self, body: Body, caller: Caller) -> dict[str, Any]:
        resource = self._resource(body, caller, "TagResource")
        self.put(resource, body["Tags"])
        return {}

    def put(self, resource: str, tags: list[Mapping[str, str]]) -> None:
        """Adds `{Key, Value}` members to a resource such as `workgroup/primary`. Raises InvalidRequestException."""
        known = self._known(resource) | {tag.get("Key", ""): tag.get("Value", "") for tag in tags}
        if "" in known or len(known) > MOST:
            raise invalid(f"A resource has at most {MOST} tags, and each has a key")
        if any(key.lower().startswith("aws:") for key in known):
            raise invalid("Tag keys starting with aws: are reserved for system use")
        self._items.put(KIND, resource, known)

    def untag(self, body: Body, caller: Caller) -> dict[str, Any]:
        resource = self._resource(body, caller, "UntagResource")
        gone = set(body["TagKeys"])
        self._items.put(KIND, resource, {key: value for key, value in self._known(resource).items() if key not in gone})
        return {}

    def list(self, body: Body, caller: Caller) -> dict[str, Any]:
        known = self._known(self._resource(body, caller, "ListTagsForResource"))
        keys, token = page(sorted(known), after(body, "ListTagsForResource"), body.get("MaxResults", 75), str)
        answer: dict[str, Any] = {"Tags": [{"Key": key, "Value": known[key]} for key in keys]}
        return answer | token("ListTagsForResource")

    def _known(self, resource: str) -> dict[str, str]:
        return self._items.get(KIND, resource) or {}

    def _resource(self, body: Body, caller: Caller, action: str) -> str:
        arn = body["ResourceARN"]
        found = _ARN.fullmatch(arn)
        if found is None:
            raise invalid(f"Invalid resource ARN: {arn}")
        kind, name = found.groups()
        exists = name in self._workgroups.names() if kind == "workgroup" else name.lower() == "awsdatacatalog"
        if not exists:
            raise not_found(f"Resource {arn} was not found", arn)
        if kind == "workgroup":
            self._workgroups.usable(name, caller, action)
        if action != "ListTagsForResource" and not self._administers(caller.principal):
            raise denied(action, f"{kind}/{name}")
        return f"{kind}/{name}"
