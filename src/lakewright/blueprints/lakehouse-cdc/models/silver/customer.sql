/* lakewright
kind: incremental_by_key
key: customer_id
partition_by: tenant_id
owner: crm
description: Customers as the source has them, with e-mail and phone in one notation and flags for what is wrong.
columns:
  customer_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that the customer buys from.}
  email: {type: string, pii: email, description: "E-mail, lower case."}
  email_valid: {type: boolean, description: Whether the e-mail has the form of one.}
  first_name: {type: string, pii: name, description: Given name.}
  last_name: {type: string, pii: name, description: Family name.}
  phone: {type: string, pii: phone, description: "International notation: + and 8 to 15 digits; NULL if not possible."}
  phone_valid: {type: boolean, description: Whether the phone could be standardised.}
  source_phone: {type: string, pii: phone, description: Phone as typed.}
  metadata: {type: string, pii: profile, description: JSON from the source.}
  acquisition_source: {type: string, description: "metadata.source, lower case."}
  language: {type: string, description: "metadata.language, lower case."}
  consent: {type: boolean, description: metadata.consent; NULL unless true or false.}
  is_active: {type: boolean, description: Whether the account is open.}
  is_clean: {type: boolean, description: E-mail and phone are valid and both names are there.}
  created_at: {type: timestamp, description: When the account was made.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - {name: email_valid, expect: email_valid, on_failure: warn, message: e-mail is missing or malformed}
  - name: phone_valid_if_given
    expect: phone_valid OR source_phone IS NULL OR TRIM(source_phone) = ''
    on_failure: warn
    message: phone cannot be standardised
*/
WITH tidied AS (
  SELECT
    id AS customer_id,
    tenant_id,
    NULLIF(LOWER(TRIM(email)), '') AS email,
    NULLIF(TRIM(first_name), '') AS first_name,
    NULLIF(TRIM(last_name), '') AS last_name,
    REGEXP_REPLACE(LOWER(TRIM(phone)), r'[ ,;]*(extension|ext|x)[. :]*[0-9]+\z', '') AS dialled,
    phone AS source_phone,
    metadata,
    GET_JSON_OBJECT(metadata, '$.source') AS acquisition_source,
    GET_JSON_OBJECT(metadata, '$.language') AS language,
    GET_JSON_OBJECT(metadata, '$.consent') AS consent,
    is_active,
    created_at,
    updated_at
  FROM bronze.core_customer
),

dialled AS (
  SELECT
    customer_id,
    tenant_id,
    email,
    COALESCE(email RLIKE '^[^@ ]+@[^@ ]+[.][^@ .]+$', FALSE) AS email_valid,
    first_name,
    last_name,
    dialled,
    REGEXP_REPLACE(dialled, '[^0-9]', '') AS digits,
    source_phone,
    metadata,
    acquisition_source,
    language,
    consent,
    is_active,
    created_at,
    updated_at
  FROM tidied
),

numbered AS (
  SELECT
    customer_id,
    tenant_id,
    email,
    email_valid,
    first_name,
    last_name,
    CASE
      WHEN dialled LIKE '+%' THEN digits
      WHEN digits LIKE '00%' THEN SUBSTRING(digits, 3)
      WHEN LENGTH(digits) = 10 THEN CONCAT('1', digits)
      WHEN LENGTH(digits) = 11 AND digits LIKE '1%' THEN digits
    END AS number,
    source_phone,
    metadata,
    acquisition_source,
    language,
    consent,
    is_active,
    created_at,
    updated_at
  FROM dialled
),

standardised AS (
  SELECT
    customer_id,
    tenant_id,
    email,
    email_valid,
    first_name,
    last_name,
    CASE WHEN number RLIKE '^[1-9][0-9]{7,14}$' THEN CONCAT('+', number) END AS phone,
    source_phone,
    metadata,
    acquisition_source,
    language,
    consent,
    is_active,
    created_at,
    updated_at
  FROM numbered
)

SELECT
  customer_id,
  tenant_id,
  email,
  email_valid,
  first_name,
  last_name,
  phone,
  phone IS NOT NULL AS phone_valid,
  source_phone,
  metadata,
  NULLIF(LOWER(TRIM(acquisition_source)), '') AS acquisition_source,
  NULLIF(LOWER(TRIM(language)), '') AS language,
  CASE consent WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END AS consent,
  is_active,
  email_valid AND phone IS NOT NULL AND first_name IS NOT NULL AND last_name IS NOT NULL AS is_clean,
  created_at,
  updated_at
FROM standardised
