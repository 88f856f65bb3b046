/* lakewright
kind: incremental_by_key
key: tenant_id
owner: data-platform
description: Companies that run their shop on the platform.
columns:
  tenant_id: {type: bigint, description: Identifier from the source.}
  slug: {type: string, description: "Stable public name, lower case."}
  name: {type: string, description: Company name.}
  tier: {type: string, description: "enterprise, midmarket or small."}
  is_active: {type: boolean, description: Whether the tenant may sell.}
  created_at: {type: timestamp, description: When the tenant joined.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - {name: slug_present, expect: slug IS NOT NULL, on_failure: quarantine, message: a tenant has a public name}
  - name: tier_known
    expect: tier IN ('enterprise', 'midmarket', 'small')
    on_failure: warn
    message: tier is not one we know
*/
SELECT
  id AS tenant_id,
  NULLIF(LOWER(TRIM(slug)), '') AS slug,
  NULLIF(TRIM(name), '') AS name,
  NULLIF(LOWER(TRIM(tier)), '') AS tier,
  is_active,
  created_at,
  updated_at
FROM bronze.core_tenant
