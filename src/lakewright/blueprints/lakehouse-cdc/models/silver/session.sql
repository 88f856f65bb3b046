/* lakewright
kind: incremental_by_key
key: [tenant_id, session_id]
partition_by: [tenant_id, month]
owner: growth
description: One row per visit, however long it lasted.
columns:
  tenant_id: {type: bigint, description: Tenant whose shop was visited.}
  session_id: {type: string, description: Identifier that the client chose.}
  customer_id: {type: bigint, description: Customer who signed in during the visit; NULL if none.}
  started_at: {type: timestamp, description: First event.}
  ended_at: {type: timestamp, description: Last event.}
  dt: {type: date, description: UTC day of the first event.}
  month: {type: date, description: First day of its month.}
  duration_seconds: {type: bigint, description: Whole seconds from first to last event.}
  events: {type: bigint, description: Number of events.}
  page_views: {type: bigint, description: Pages seen.}
  product_views: {type: bigint, description: Products seen.}
  add_to_carts: {type: bigint, description: Products put into the cart.}
  checkouts: {type: bigint, description: Checkouts begun.}
  purchases: {type: bigint, description: Purchases.}
  broken_events: {type: bigint, description: Events with broken JSON.}
  furthest_step: {type: int, description: "Furthest step of the funnel: 1 page view to 5 purchase."}
  is_bounce: {type: boolean, description: Only one event.}
  is_converted: {type: boolean, description: At least one purchase.}
*/
WITH sessions AS (
  SELECT
    tenant_id,
    session_id,
    MIN(customer_id) AS customer_id,
    MIN(created_at) AS started_at,
    MAX(created_at) AS ended_at,
    COUNT(*) AS events,
    COUNT_IF(event_type = 'page_view') AS page_views,
    COUNT_IF(event_type = 'product_view') AS product_views,
    COUNT_IF(event_type = 'add_to_cart') AS add_to_carts,
    COUNT_IF(event_type = 'checkout') AS checkouts,
    COUNT_IF(event_type = 'purchase') AS purchases,
    COUNT_IF(NOT event_data_valid) AS broken_events,
    MAX(step) AS furthest_step
  FROM silver.event
  WHERE session_id IS NOT NULL
  GROUP BY tenant_id, session_id
)

SELECT
  tenant_id,
  session_id,
  customer_id,
  started_at,
  ended_at,
  CAST(started_at AS DATE) AS dt,
  TRUNC(started_at, 'MONTH') AS month,
  UNIX_SECONDS(ended_at) - UNIX_SECONDS(started_at) AS duration_seconds,
  events,
  page_views,
  product_views,
  add_to_carts,
  checkouts,
  purchases,
  broken_events,
  furthest_step,
  events = 1 AS is_bounce,
  purchases > 0 AS is_converted
FROM sessions
