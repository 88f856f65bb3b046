"""Who may see and change what: one neutral policy, one decision function. Pure: no I/O, no clock."""

from lakewright.governance.decisions import Allowed, Decision, Denied, TableFacts
from lakewright.governance.from_spec import (
    identities,
    persona_principal,
    policy_from_spec,
    policy_of,
    principal_named,
    table_classes,
)
from lakewright.governance.masks import Mask
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import And, Compare, In, IsNull, Never, Not, Or, Predicate
from lakewright.governance.principals import Principal, Privilege

__all__ = [
    "Allowed",
    "And",
    "Compare",
    "Decision",
    "Denied",
    "In",
    "IsNull",
    "Mask",
    "Never",
    "Not",
    "Or",
    "Policy",
    "Predicate",
    "Principal",
    "Privilege",
    "TableFacts",
    "identities",
    "persona_principal",
    "policy_from_spec",
    "policy_of",
    "principal_named",
    "table_classes",
]
