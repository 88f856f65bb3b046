"""Policies as values, and whether a statement applies to a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from lakewright.policy.conditions import Test, holds
from lakewright.policy.context import Context
from lakewright.policy.patterns import (
    Pattern,
    Unfilled,
    Variable,
    Wild,
    action_form,
    any_of,
    arn_form,
    arn_matches,
    filled,
    parsed,
)
from lakewright.policy.principals import Caller, Principals, Via
from lakewright.policy.truth import Truth


class Layer(Enum):
    """Where a policy is attached, in the words of AWS's error messages."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"

    @property
    def names_principals(self) -> bool:
        return self in {Layer.RESOURCE, Layer.TRUST, Layer.RESOURCE_CONTROL}


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource: `resource` is an ARN, or `*` where an action has no resources."""

    caller: Caller
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `resources` is empty in trust policies: they mean the role. `place` says where it was written."""

    place: str
    sid: str
    allow: bool
    actions: tuple[str, ...]
    all_but_actions: bool
    resources: tuple[str, ...]
    all_but_resources: bool
    principals: Principals | None
    all_but_principals: bool
    tests: tuple[Test, ...]
    variables: bool
    _actions: tuple[Callable[[str], object], ...] = field(init=False, compare=False, repr=False)
    _fixed: tuple[Callable[[str], Truth], ...] = field(init=False, compare=False, repr=False)
    _varying: tuple[Pattern, ...] = field(init=False, compare=False, repr=False)
    _anywhere: bool = field(init=False, compare=False, repr=False)
    always: bool = field(init=False, compare=False, repr=False)
    """Whether it applies to each request for its actions: any resource, no principals, no conditions."""

    def __post_init__(self) -> None:
        forms = [parsed(text, wild=True, variables=self.variables) for text in self.resources]
        varying = tuple(form for form in forms if any(isinstance(piece, Variable) for piece in form))
        object.__setattr__(self, "_actions", tuple(action_form(pattern) for pattern in self.actions))
        object.__setattr__(self, "_varying", varying)
        fixed = tuple(arn_form(form) for form in forms if form not in varying)
        anywhere = not self.resources or ("*" in self.resources and not self.all_but_resources and not varying)
        object.__setattr__(self, "_fixed", fixed)
        object.__setattr__(self, "_anywhere", anywhere)
        object.__setattr__(self, "always", anywhere and self.principals is None and not self.tests)

    def applies(self, request: Request) -> Truth:
        """Whether action, resource, principal and conditions are met."""
        return self.applies_else(request) if self.names(request.action.lower()) else Truth.NO

    def names(self, action: str) -> bool:
        """Whether the Action element means an action in lower case."""
        for form in self._actions:
            if form(action):
                return not self.all_but_actions
        return self.all_but_actions

    def applies_else(self, request: Request) -> Truth:
        """Whether resource, principal and conditions are met, for an action that the statement names."""
        least = Truth.YES if self._anywhere else self._meets_resource(request)
        if least is Truth.NO:
            return least
        if self.principals is not None:
            meant = self._meets_principal(request.caller)
            if meant is Truth.NO:
                return meant
            least = meant if meant is Truth.MAYBE else least
        for test in self.tests:
            met = holds(test, request.context, variables=self.variables, allow=self.allow)
            if met is Truth.NO:
                return met
            least = met if met is Truth.MAYBE else least
        return least

    def _meets_principal(self, caller: Caller) -> Truth:
        if self.principals is None:
            return Truth.YES
        if self.all_but_principals:
            return self.principals.leaves_out(caller, deny=not self.allow).negated()
        return self.principals.means(caller)

    def _meets_resource(self, request: Request) -> Truth:
        best = Truth.NO
        for form in self._fixed:
            found = form(request.resource)
            if found is Truth.YES:
                best = found
                break
            best = found if found is Truth.MAYBE else best
        if not self._varying:
            return best.negated() if self.all_but_resources else best
        forms = [filled(form, request.context) for form in self._varying]
        lacking = [form for form in forms if isinstance(form, Unfilled)]
        if self.all_but_resources and lacking:
            return Truth.MAYBE
        if self.allow and lacking:
            lacking = [
                self._lack(form, request)
                for form in self._varying
                if isinstance(filled(form, request.context), Unfilled)
            ]
        others = [arn_matches(form, request.resource) for form in forms if not isinstance(form, Unfilled)]
        found = any_of([best, *others], lacking, allow=self.allow)
        return found.negated() if self.all_but_resources else found

    def _lack(self, form: Pattern, request: Request) -> Unfilled:
        """UNKNOWN only where some value of the variables would make the form match."""
        loose = tuple(Wild.MANY if isinstance(piece, Variable) else piece for piece in form)
        missing = filled(form, request.context)
        could = missing is Unfilled.UNKNOWN and arn_matches(loose, request.resource) is not Truth.NO
        return Unfilled.UNKNOWN if could else Unfilled.ABSENT

    def ways(self, caller: Caller) -> frozenset[Via]:
        """How its principals mean the caller; an exemption means everybody else."""
        if self.principals is None or self.all_but_principals:
            return frozenset({Via.EVERYONE})
        ways = self.principals.ways(caller)
        return ways or (frozenset({Via.ACCOUNT}) if self.principals.canonical else ways)

    @property
    def variable_keys(self) -> tuple[str, ...]:
        """The keys of the variables in its resources."""
        return tuple(piece.key for form in self._varying for piece in form if isinstance(piece, Variable))

    @property
    def asks_for_principal_arn(self) -> bool:
        return any(test.key.lower() == "aws:principalarn" for test in self.tests)

    @property
    def written(self) -> str:
        """Where it stands and its Sid, for people."""
        return f"{self.place} ({self.sid})" if self.sid else self.place


_KEPT_ACTIONS = 1024


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document: `name` says whose."""

    name: str
    layer: Layer
    statements: tuple[Statement, ...]
    _named: dict[str, tuple[tuple[Statement, ...], tuple[Statement, ...]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def about(self, action: str) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        """The denying and the allowing statements that name an action; remembered."""
        found = self._named.get(action)
        if found is None:
            name = action.lower()
            named = [statement for statement in self.statements if statement.names(name)]
            found = tuple(one for one in named if not one.allow), tuple(one for one in named if one.allow)
            if len(self._named) < _KEPT_ACTIONS:
                self._named[action] = found
        return found
