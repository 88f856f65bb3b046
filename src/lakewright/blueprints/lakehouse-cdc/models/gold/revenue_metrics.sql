/* lakewright
kind: incremental_by_key
key: [tenant_id, dt]
partition_by: month
owner: finance
description: Completed orders per tenant and day.
columns:
  tenant_id: {type: bigint, description: Tenant that sold.}
  dt: {type: date, description: UTC day of the orders.}
  month: {type: date, description: First day of its month.}
  order_count: {type: bigint, description: Completed orders.}
  unique_customers: {type: bigint, description: People who placed them.}
  total_revenue: {type: "decimal(18,2)", description: Sum of their totals.}
  avg_order_value: {type: double, description: Revenue per order.}
*/
WITH days AS (
  SELECT
    tenant_id,
    dt,
    COUNT(*) AS order_count,
    COUNT(DISTINCT customer_id) AS unique_customers,
    TRY_CAST(SUM(total) AS DECIMAL(18, 2)) AS total_revenue
  FROM gold.fact_order
  WHERE is_completed
  GROUP BY tenant_id, dt
)

SELECT
  tenant_id,
  dt,
  TRUNC(dt, 'MONTH') AS month,
  order_count,
  unique_customers,
  total_revenue,
  CAST(total_revenue AS DOUBLE) / NULLIF(CAST(order_count AS DOUBLE), 0) AS avg_order_value
FROM days
