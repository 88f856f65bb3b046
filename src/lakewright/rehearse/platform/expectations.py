"""What people must and must not see in the shop's lakehouse, said by hand; answers come from deployed rights alone."""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.rehearse.platform.asking import Question

_PERSONAL = ("email", "first_name", "last_name", "phone")


def questions(tenants: Sequence[int]) -> tuple[Question, ...]:
    """For lakehouse-cdc's personas and groups. `tenants`: those that the source has."""
    everyone = tuple(sorted(tenants))
    tenant_one = tuple(one for one in everyone if one == 1)
    return (
        Question("DataAnalyst", "SELECT * FROM dim_customer", "gold", everyone, _PERSONAL),
        Question("DataAnalyst", "SELECT * FROM customer", "silver", None),
        Question("DataAnalyst", "SELECT * FROM core_customer", "bronze", None),
        Question("TenantSpecificAnalyst", "SELECT * FROM dim_customer", "gold", tenant_one, _PERSONAL),
        Question("TenantSpecificAnalyst", "SELECT tenant_id, total_revenue FROM revenue_metrics", "gold", tenant_one),
        Question("TenantSpecificAnalyst", "SELECT tenant_id FROM fact_order WHERE tenant_id = 2", "gold", ()),
        Question("TenantSpecificAnalyst", "SELECT * FROM core_order", "bronze", None),
        Question("enterprise-analysts", "SELECT tenant_id FROM tenant_summary", "gold", _among(everyone, (1, 2))),
        Question("midmarket-analysts", "SELECT tenant_id FROM tenant_summary", "gold", _among(everyone, (3, 4, 5))),
        Question("small-analysts", "SELECT tenant_id FROM tenant_summary", "gold", _among(everyone, (6, 7, 8))),
        Question("DataEngineer", "SELECT tenant_id FROM customer", "silver", everyone),
    )


def _among(tenants: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    return tuple(one for one in tenants if one in wanted)
