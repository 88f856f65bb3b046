/* lakewright
kind: incremental_by_key
key: event_id
partition_by: [tenant_id, month]
owner: growth
description: What visitors did, with the client's JSON parsed, broken JSON marked, and addresses anonymised.
columns:
  event_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant whose shop was visited.}
  customer_id: {type: bigint, description: Customer who was signed in; NULL if none.}
  session_id: {type: string, description: Visit that the event belongs to.}
  event_type: {type: string, description: "page_view, product_view, add_to_cart, checkout or purchase."}
  step: {type: int, description: "Place of the type in the funnel, 1 to 5."}
  event_data: {type: string, description: What the client sent; NULL if it is not JSON.}
  event_data_valid: {type: boolean, description: Whether it is JSON.}
  page: {type: string, description: event_data.page.}
  product_id: {type: bigint, description: event_data.product_id.}
  ip_network: {type: string, pii: ip address, description: "Address without its last octet (IPv4) or last 80 bits (IPv6)."}
  user_agent: {type: string, pii: device, description: The browser's name for itself.}
  device: {type: string, description: "desktop, mobile, tablet, bot or unknown."}
  created_at: {type: timestamp, description: When it happened.}
  dt: {type: date, description: UTC day.}
  month: {type: date, description: First day of its month.}
checks:
  - {name: event_type_known, expect: step IS NOT NULL, on_failure: quarantine, message: type is not one we know}
  - {name: created_at_present, expect: created_at IS NOT NULL, on_failure: quarantine, message: an event has a time}
  - {name: event_data_valid, expect: event_data_valid, on_failure: warn, message: the client sent broken JSON}
  - {name: session_present, expect: session_id IS NOT NULL, on_failure: warn, message: event outside any session}
*/
WITH tidied AS (
  SELECT
    id AS event_id,
    tenant_id,
    customer_id,
    NULLIF(LOWER(TRIM(session_id)), '') AS session_id,
    NULLIF(LOWER(TRIM(event_type)), '') AS event_type,
    -- in brackets, so that text after a whole value counts as broken too
    CASE WHEN GET_JSON_OBJECT(CONCAT('[', event_data, ']'), '$[0]') IS NOT NULL THEN event_data END AS event_data,
    LOWER(ip_address) AS ip_address,
    user_agent,
    LOWER(user_agent) AS agent,
    created_at,
    CAST(created_at AS DATE) AS dt
  FROM bronze.core_event
),

parsed AS (
  SELECT
    event_id,
    tenant_id,
    customer_id,
    session_id,
    event_type,
    event_data,
    GET_JSON_OBJECT(event_data, '$.page') AS page,
    GET_JSON_OBJECT(event_data, '$.product_id') AS product,
    ip_address,
    -- at most the first three groups before any ::, without zero groups at the end: 2001:db8:0:1:… is 2001:db8::
    REGEXP_REPLACE(REGEXP_EXTRACT(ip_address, '^([0-9a-f]+:){0,2}[0-9a-f]+', 0), r'(:0)+\z', '') AS ip_prefix,
    user_agent,
    agent,
    created_at,
    dt
  FROM tidied
)

SELECT
  event_id,
  tenant_id,
  customer_id,
  session_id,
  event_type,
  CASE event_type
    WHEN 'page_view' THEN 1
    WHEN 'product_view' THEN 2
    WHEN 'add_to_cart' THEN 3
    WHEN 'checkout' THEN 4
    WHEN 'purchase' THEN 5
  END AS step,
  event_data,
  event_data IS NOT NULL AS event_data_valid,
  page,
  CASE WHEN product RLIKE '^[0-9]{1,18}$' THEN TRY_CAST(product AS BIGINT) END AS product_id,
  CASE
    WHEN ip_address LIKE '%:%' THEN CONCAT(ip_prefix, '::')
    ELSE CONCAT(NULLIF(REGEXP_EXTRACT(ip_address, '^([0-9]+[.][0-9]+[.][0-9]+)[.]', 1), ''), '.0')
  END AS ip_network,
  user_agent,
  CASE
    WHEN agent IS NULL THEN 'unknown'
    WHEN agent RLIKE 'bot|crawl|spider' THEN 'bot'
    WHEN agent RLIKE 'ipad|tablet' THEN 'tablet'
    WHEN agent RLIKE 'mobi|iphone|android' THEN 'mobile'
    ELSE 'desktop'
  END AS device,
  created_at,
  dt,
  TRUNC(dt, 'MONTH') AS month
FROM parsed
