/* lakewright
kind: view
key: [tenant_id, session_id]
owner: growth
description: Visits.
columns:
  tenant_id: {type: bigint, description: Tenant whose shop was visited.}
  session_id: {type: string, description: Visit.}
  customer_id: {type: bigint, description: Customer row of the source; NULL if nobody signed in.}
  dt: {type: date, description: UTC day of the first event.}
  started_at: {type: timestamp, description: First event.}
  duration_seconds: {type: bigint, description: Whole seconds from first to last event.}
  events: {type: bigint, description: Number of events.}
  page_views: {type: bigint, description: Pages seen.}
  product_views: {type: bigint, description: Products seen.}
  add_to_carts: {type: bigint, description: Products put into the cart.}
  checkouts: {type: bigint, description: Checkouts begun.}
  purchases: {type: bigint, description: Purchases.}
  furthest_step: {type: int, description: "Furthest step of the funnel: 1 page view to 5 purchase."}
  is_bounce: {type: boolean, description: Only one event.}
  is_converted: {type: boolean, description: At least one purchase.}
*/
SELECT
  tenant_id,
  session_id,
  customer_id,
  dt,
  started_at,
  duration_seconds,
  events,
  page_views,
  product_views,
  add_to_carts,
  checkouts,
  purchases,
  furthest_step,
  is_bounce,
  is_converted
FROM silver.session
