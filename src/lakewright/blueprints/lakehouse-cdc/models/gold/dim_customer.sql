/* lakewright
kind: incremental_by_key
key: customer_id
partition_by: tenant_id
owner: crm
description: People. Duplicate rows of the source are one person, shown by the oldest row.
columns:
  customer_id: {type: bigint, description: Canonical customer.}
  tenant_id: {type: bigint, description: Tenant that the customer buys from.}
  email: {type: string, pii: email, description: E-mail.}
  first_name: {type: string, pii: name, description: Given name.}
  last_name: {type: string, pii: name, description: Family name.}
  phone: {type: string, pii: phone, description: Phone in international notation.}
  acquisition_source: {type: string, description: Where the customer came from.}
  language: {type: string, description: Preferred language.}
  is_active: {type: boolean, description: Whether the account is open.}
  duplicates: {type: bigint, description: Further rows of the same person in the source.}
  created_on: {type: date, description: UTC day on which the account was made.}
*/
SELECT
  identity.customer_id,
  identity.tenant_id,
  customer.email,
  customer.first_name,
  customer.last_name,
  customer.phone,
  customer.acquisition_source,
  customer.language,
  customer.is_active,
  identity.duplicates,
  CAST(customer.created_at AS DATE) AS created_on
FROM silver.customer_identity AS identity
INNER JOIN silver.customer AS customer ON customer.customer_id = identity.customer_id
WHERE identity.is_canonical
