/* lakewright
kind: incremental_by_key
key: [tenant_id, hour]
partition_by: month
owner: growth
description: How far visitors get, per tenant and hour.
columns:
  tenant_id: {type: bigint, description: Tenant whose shop was visited.}
  hour: {type: timestamp, description: Beginning of the UTC hour.}
  dt: {type: date, description: Its day.}
  month: {type: date, description: First day of its month.}
  page_views: {type: bigint, description: Pages seen.}
  product_views: {type: bigint, description: Products seen.}
  add_to_cart: {type: bigint, description: Products put into a cart.}
  checkouts: {type: bigint, description: Checkouts begun.}
  purchases: {type: bigint, description: Purchases.}
  sessions: {type: bigint, description: Visits with an event in this hour.}
  converting_sessions: {type: bigint, description: Visits with a purchase in this hour.}
  conversion_rate: {type: double, description: Converting sessions per session.}
  cart_rate: {type: double, description: Cart additions per product view.}
  checkout_rate: {type: double, description: Checkouts per cart addition.}
  purchase_rate: {type: double, description: Purchases per checkout.}
*/
WITH hourly AS (
  SELECT
    tenant_id,
    DATE_TRUNC('HOUR', created_at) AS hour,
    event_type,
    session_id
  FROM silver.event
),

hours AS (
  SELECT
    tenant_id,
    hour,
    COUNT_IF(event_type = 'page_view') AS page_views,
    COUNT_IF(event_type = 'product_view') AS product_views,
    COUNT_IF(event_type = 'add_to_cart') AS add_to_cart,
    COUNT_IF(event_type = 'checkout') AS checkouts,
    COUNT_IF(event_type = 'purchase') AS purchases,
    COUNT(DISTINCT session_id) AS sessions,
    COUNT(DISTINCT CASE WHEN event_type = 'purchase' THEN session_id END) AS converting_sessions
  FROM hourly
  GROUP BY tenant_id, hour
)

SELECT
  tenant_id,
  hour,
  CAST(hour AS DATE) AS dt,
  TRUNC(hour, 'MONTH') AS month,
  page_views,
  product_views,
  add_to_cart,
  checkouts,
  purchases,
  sessions,
  converting_sessions,
  CAST(converting_sessions AS DOUBLE) / NULLIF(CAST(sessions AS DOUBLE), 0) AS conversion_rate,
  CAST(add_to_cart AS DOUBLE) / NULLIF(CAST(product_views AS DOUBLE), 0) AS cart_rate,
  CAST(checkouts AS DOUBLE) / NULLIF(CAST(add_to_cart AS DOUBLE), 0) AS checkout_rate,
  CAST(purchases AS DOUBLE) / NULLIF(CAST(checkouts AS DOUBLE), 0) AS purchase_rate
FROM hours
