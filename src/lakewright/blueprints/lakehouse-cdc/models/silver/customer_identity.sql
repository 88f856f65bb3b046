/* lakewright
kind: incremental_by_key
key: customer_id
scope: [tenant_id, identity_key]
partition_by: tenant_id
owner: crm
description: Which customer rows are the same person. Rows of one tenant with the same valid e-mail are.
columns:
  customer_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that the customer buys from.}
  identity_key: {type: string, pii: email, description: "The valid e-mail, else id: and the customer's id."}
  canonical_customer_id: {type: bigint, description: "The person's oldest row; its smallest id among equally old ones."}
  is_canonical: {type: boolean, description: Whether this row is that one.}
  duplicates: {type: bigint, description: Further rows of the same person.}
*/
WITH keyed AS (
  SELECT
    customer_id,
    tenant_id,
    CASE WHEN email_valid THEN email ELSE CONCAT('id:', CAST(customer_id AS STRING)) END AS identity_key,
    created_at
  FROM silver.customer
),

ranked AS (
  SELECT
    customer_id,
    tenant_id,
    identity_key,
    FIRST_VALUE(customer_id) OVER (
      PARTITION BY tenant_id, identity_key ORDER BY created_at ASC NULLS LAST, customer_id ASC NULLS LAST
    ) AS canonical_customer_id,
    COUNT(*) OVER (PARTITION BY tenant_id, identity_key) AS people
  FROM keyed
)

SELECT
  customer_id,
  tenant_id,
  identity_key,
  canonical_customer_id,
  customer_id = canonical_customer_id AS is_canonical,
  people - 1 AS duplicates
FROM ranked
