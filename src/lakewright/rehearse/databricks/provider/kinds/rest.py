"""Types with one REST object behind each resource: paths and names are data, the steps are the same for all."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Mistake, Rules, no_mistakes
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import UNKNOWN, State, body_of, differences, is_nothing, settled

_HOLE = re.compile(r"\{(\w+)\}")
PATIENCE = 120.0
"""Seconds that a workspace, cluster or warehouse may take to be what was asked for."""


@dataclass(frozen=True)
class Rest:
    """Paths and `identity` have `{name}` for a value of the state.

    `path`: the collection, for creation. `item`: the object. `account`: both are below the account's path.
    `local`: arguments that are not sent. `late`: what creation does not take and an update right after it sets.
    `renamed`: schema's name → API's. `removal`: arguments sent as a query on deletion → their name there.
    `wrapped`: the key that holds the object in requests and answers. `ready`: whether an answer is what was waited for.
    """

    path: str
    item: str
    identity: str
    rules: Rules = field(default_factory=Rules)
    account: bool = False
    changing: tuple[str, str] = ("PATCH", "")
    """Method and path of an update; the path is `item` if empty. No method: nothing can be changed in place."""
    removing: tuple[str, str] = ("DELETE", "")
    found_by: Mapping[str, str] = field(default_factory=dict)
    """Query of reading: its name → name in the state; then `item` has no hole."""
    local: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    """What an update's body leaves out."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    removal: Mapping[str, str] = field(default_factory=dict)
    wrapped: str = ""
    check: Callable[[State], Iterable[Mistake]] = no_mistakes
    outgoing: Callable[[dict[str, Any]], dict[str, Any]] = dict
    incoming: Callable[[Answer], Answer] = dict
    foresee: Callable[[State], State] = dict
    rename: str = ""
    """The argument that is the object's name and can change: sent as `new_name`."""
    version: str = "2.0"
    """Of the account's API."""
    ready: Callable[[Answer], bool] | None = None

    def create(self, api: Api, block: Block, planned: State) -> State:
        body = self._body(block, planned, leave=self.late)
        answer = self._unwrapped(api.call("POST", self._at(api, self.path, planned), self._wrap(body)))
        given = {name: value for name, value in settled(planned).items() if not is_nothing(value)}
        told = {name: value for name, value in answer.items() if value is not None and name not in block.blocks}
        made = settled(planned) | told | given
        made["id"] = filled(self.identity, made, api, plain=True)
        self._await(api, block, made)
        later = {name for name in self.late if not is_nothing(planned.get(name)) and planned[name] is not UNKNOWN}
        if later:
            self._change(api, made, self._body(block, {name: planned[name] for name in later}, leave=frozenset()))
        return made

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        query = {name: state[source] for name, source in self.found_by.items()}
        try:
            found = api.find(self._at(api, self.item, state), query or None)
        except ApiError as error:
            if self.found_by and error.status == 400 and "does not exist" in str(error):
                return None
            raise
        return None if found is None else self._unwrapped(found)

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:
        if not self.changing[0]:
            return prior
        known = prior | {name: value for name, value in settled(planned).items() if value is not None}
        body = self._body(block, planned, leave=self.fixed)
        if self.rename and planned[self.rename] != prior[self.rename]:
            body["new_name"] = planned[self.rename]
        for name in differences(block, prior, planned):
            if planned.get(name) is None or is_nothing(planned.get(name)):
                self._cleared(block, body, name)
        self._change(api, known | {"id": prior["id"]}, body)
        after = settled(planned) | {"id": prior["id"]}
        if self.rename:
            after["id"] = filled(self.identity, known, api, plain=True)
        self._await(api, block, known | after)
        return after

    def delete(self, api: Api, state: State) -> None:
        method, path = self.removing
        query = {name: "true" for source, name in self.removal.items() if state.get(source)}
        try:
            api.call(method, self._at(api, path or self.item, state), query=query or None)
        except ApiError as error:
            if not error.missing:
                raise
        if self.ready:
            self._await_end(api, state)

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        found = pattern_of(self.identity).fullmatch(identity)
        if found is None:
            raise ValueError(self.identity)
        return {**found.groupdict(), "id": identity}

    def mistakes(self, config: State) -> Iterable[Mistake]:
        return self.check(config)

    def foreseen(self, planned: State) -> State:
        return self.foresee(planned)

    def _change(self, api: Api, state: State, body: dict[str, Any]) -> None:
        method, path = self.changing
        api.call(method, self._at(api, path or self.item, state), self._wrap(body))

    def _at(self, api: Api, path: str, state: Mapping[str, Any]) -> str:
        if not self.account:
            return filled(path, state, api)
        own = state.get("account_id")
        if isinstance(own, str) and own and own != api.account_id:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", f"account_id {own} is not the provider's {api.account_id}")
        return api.account(filled(path, state, api), self.version)

    def _body(self, block: Block, state: Mapping[str, Any], *, leave: frozenset[str]) -> dict[str, Any]:
        body = body_of(block, state)
        left = {"id", *self.local, *leave, *(["account_id"] if self.account else [])}
        return self.outgoing({self.renamed.get(name, name): value for name, value in body.items() if name not in left})

    def _cleared(self, block: Block, body: dict[str, Any], name: str) -> None:
        if name in self.fixed or name in self.local or name not in block.attributes:
            return
        zeros: dict[str, Any] = {"string": "", "number": 0, "bool": False}
        kind = block.attributes[name].type
        zero = zeros.get(kind, "") if isinstance(kind, str) else {} if kind[0] == "map" else []
        body.setdefault(self.renamed.get(name, name), zero)

    def _wrap(self, body: dict[str, Any]) -> dict[str, Any]:
        return {self.wrapped: body} if self.wrapped else body

    def _unwrapped(self, answer: Answer) -> Answer:
        inner = answer.get(self.wrapped, answer) if self.wrapped else answer
        back = {theirs: ours for ours, theirs in self.renamed.items()}
        return self.incoming({back.get(name, name): value for name, value in inner.items()})

    def _await(self, api: Api, block: Block, state: State) -> None:
        if self.ready:
            _wait(
                lambda: (
                    self.ready is not None and (found := self.read(api, block, state)) is not None and self.ready(found)
                )
            )

    def _await_end(self, api: Api, state: State) -> None:
        _wait(lambda: self.read(api, Block({}, {}), state) is None)


def _wait(done: Callable[[], bool]) -> None:
    pause, until = 0.05, time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > until:
            raise ApiError(504, "DEADLINE_EXCEEDED", f"not ready after {PATIENCE:.0f} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def filled(template: str, state: Mapping[str, Any], api: Api, *, plain: bool = False) -> str:
    """The template with the state's values; `account_id` is the provider's where the state has none."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        one = state.get(name) or (api.account_id if name == "account_id" else None)
        if one is None:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", f"no {name}")
        text = str(int(one)) if isinstance(one, float) else str(one)
        return text if plain else quote(text, safe="")

    return _HOLE.sub(value, template)


def pattern_of(template: str) -> re.Pattern[str]:
    """Finds the values in what `filled` made."""
    return re.compile("".join(_parts(template)))


def _parts(template: str) -> Iterator[str]:
    holes = _HOLE.findall(template)
    for place, text in enumerate(_HOLE.split(template)):
        if place % 2:
            last = len(holes) > place // 2 + 1
            yield f"(?P<{text}>[^/|]+)" if last or (len(holes) == 1 and "/" in template) else f"(?P<{text}>.+)"
        else:
            yield re.escape(text)
