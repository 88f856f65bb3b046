/* lakewright
kind: incremental_by_key
key: [tenant_id, customer_id]
partition_by: tenant_id
owner: crm
description: What each person has brought in so far.
columns:
  tenant_id: {type: bigint, description: Tenant.}
  customer_id: {type: bigint, description: Canonical customer.}
  orders: {type: bigint, description: Completed orders.}
  order_revenue: {type: "decimal(18,2)", description: Their total.}
  subscription_revenue: {type: "decimal(18,2)", description: What was paid for subscriptions.}
  lifetime_value: {type: "decimal(18,2)", description: Order and subscription revenue.}
  avg_order_value: {type: double, description: Order revenue per order.}
  first_order_on: {type: date, description: Day of the first completed order.}
  last_order_on: {type: date, description: Day of the last completed order.}
  cohort_month: {type: date, description: First day of the first order's month.}
  active_days: {type: int, description: Days from first to last completed order.}
*/
WITH bought AS (
  SELECT
    tenant_id,
    customer_id,
    COUNT(*) AS orders,
    TRY_CAST(SUM(total) AS DECIMAL(18, 2)) AS order_revenue,
    MIN(dt) AS first_order_on,
    MAX(dt) AS last_order_on
  FROM gold.fact_order
  WHERE is_completed
  GROUP BY tenant_id, customer_id
),

subscribed AS (
  SELECT
    tenant_id,
    customer_id,
    TRY_CAST(SUM(amount_paid) AS DECIMAL(18, 2)) AS subscription_revenue
  FROM gold.fact_invoice
  WHERE subscription_id IS NOT NULL AND status IN ('open', 'paid', 'uncollectible')
  GROUP BY tenant_id, customer_id
),

joined AS (
  SELECT
    customer.tenant_id,
    customer.customer_id,
    COALESCE(bought.orders, 0) AS orders,
    TRY_CAST(COALESCE(bought.order_revenue, 0) AS DECIMAL(18, 2)) AS order_revenue,
    TRY_CAST(COALESCE(subscribed.subscription_revenue, 0) AS DECIMAL(18, 2)) AS subscription_revenue,
    bought.first_order_on,
    bought.last_order_on
  FROM gold.dim_customer AS customer
  LEFT JOIN bought ON bought.tenant_id = customer.tenant_id AND bought.customer_id = customer.customer_id
  LEFT JOIN subscribed ON subscribed.tenant_id = customer.tenant_id AND subscribed.customer_id = customer.customer_id
)

SELECT
  tenant_id,
  customer_id,
  orders,
  order_revenue,
  subscription_revenue,
  TRY_CAST(order_revenue + subscription_revenue AS DECIMAL(18, 2)) AS lifetime_value,
  CAST(order_revenue AS DOUBLE) / NULLIF(CAST(orders AS DOUBLE), 0) AS avg_order_value,
  first_order_on,
  last_order_on,
  TRUNC(first_order_on, 'MONTH') AS cohort_month,
  DATEDIFF(last_order_on, first_order_on) AS active_days
FROM joined
