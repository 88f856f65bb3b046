/* lakewright
kind: incremental_by_key
key: tenant_id
owner: data-platform
description: Tenants.
columns:
  tenant_id: {type: bigint, description: Tenant.}
  slug: {type: string, description: Stable public name.}
  name: {type: string, description: Company name.}
  tier: {type: string, description: "enterprise, midmarket or small."}
  is_active: {type: boolean, description: Whether the tenant may sell.}
  created_on: {type: date, description: UTC day on which the tenant joined.}
*/
SELECT
  tenant_id,
  slug,
  name,
  tier,
  is_active,
  CAST(created_at AS DATE) AS created_on
FROM silver.tenant
