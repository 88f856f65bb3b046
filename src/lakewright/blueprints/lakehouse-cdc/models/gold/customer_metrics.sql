/* lakewright
kind: incremental_by_key
key: [tenant_id, dt]
scope: tenant_id
partition_by: month
owner: crm
description: Customers of each tenant on each day with a new customer or an order. Running figures make a tenant one scope.
columns:
  tenant_id: {type: bigint, description: Tenant.}
  dt: {type: date, description: UTC day.}
  month: {type: date, description: First day of its month.}
  new_customers: {type: bigint, description: People who made an account on the day.}
  total_customers: {type: bigint, description: People with an account so far.}
  new_customers_30d: {type: bigint, description: People who made an account on the day or the 29 days before.}
  ordering_customers: {type: bigint, description: "People who ordered on the day, whatever became of the order."}
  buyers: {type: bigint, description: People with a completed order on the day.}
  first_time_buyers: {type: bigint, description: Those for whom it was the first.}
  returning_buyers: {type: bigint, description: Those for whom it was not.}
  buyers_to_date: {type: bigint, description: People with a completed order so far.}
  revenue: {type: "decimal(18,2)", description: Completed orders of the day.}
  revenue_to_date: {type: "decimal(18,2)", description: Completed orders so far.}
  revenue_per_customer: {type: double, description: "Mean lifetime value: revenue to date per customer so far."}
*/
WITH signups AS (
  SELECT
    tenant_id,
    created_on AS dt,
    COUNT(*) AS new_customers
  FROM gold.dim_customer
  GROUP BY tenant_id, created_on
),

orders AS (
  SELECT
    tenant_id,
    dt,
    COUNT(DISTINCT customer_id) AS ordering_customers,
    COUNT(DISTINCT CASE WHEN is_completed THEN customer_id END) AS buyers,
    SUM(CASE WHEN is_completed THEN total ELSE CAST(0 AS DECIMAL(12, 2)) END) AS revenue
  FROM gold.fact_order
  GROUP BY tenant_id, dt
),

first_orders AS (
  SELECT
    tenant_id,
    customer_id,
    MIN(dt) AS dt
  FROM gold.fact_order
  WHERE is_completed
  GROUP BY tenant_id, customer_id
),

first_buyers AS (
  SELECT
    tenant_id,
    dt,
    COUNT(*) AS first_time_buyers
  FROM first_orders
  GROUP BY tenant_id, dt
),

days AS (
  SELECT tenant_id, dt FROM signups
  UNION
  SELECT tenant_id, dt FROM orders
),

recent AS (
  SELECT
    days.tenant_id,
    days.dt,
    SUM(signups.new_customers) AS new_customers_30d
  FROM days
  INNER JOIN signups
    ON signups.tenant_id = days.tenant_id
    AND signups.dt >= DATE_SUB(days.dt, 29)
    AND signups.dt <= days.dt
  GROUP BY days.tenant_id, days.dt
),

daily AS (
  SELECT
    days.tenant_id,
    days.dt,
    COALESCE(signups.new_customers, 0) AS new_customers,
    COALESCE(recent.new_customers_30d, 0) AS new_customers_30d,
    COALESCE(orders.ordering_customers, 0) AS ordering_customers,
    COALESCE(orders.buyers, 0) AS buyers,
    COALESCE(first_buyers.first_time_buyers, 0) AS first_time_buyers,
    TRY_CAST(COALESCE(orders.revenue, 0) AS DECIMAL(18, 2)) AS revenue
  FROM days
  LEFT JOIN signups ON signups.tenant_id = days.tenant_id AND signups.dt = days.dt
  LEFT JOIN recent ON recent.tenant_id = days.tenant_id AND recent.dt = days.dt
  LEFT JOIN orders ON orders.tenant_id = days.tenant_id AND orders.dt = days.dt
  LEFT JOIN first_buyers ON first_buyers.tenant_id = days.tenant_id AND first_buyers.dt = days.dt
),

running AS (
  SELECT
    tenant_id,
    dt,
    new_customers,
    SUM(new_customers) OVER (
      PARTITION BY tenant_id ORDER BY dt ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS total_customers,
    new_customers_30d,
    ordering_customers,
    buyers,
    first_time_buyers,
    SUM(first_time_buyers) OVER (
      PARTITION BY tenant_id ORDER BY dt ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS buyers_to_date,
    revenue,
    SUM(revenue) OVER (
      PARTITION BY tenant_id ORDER BY dt ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS revenue_to_date
  FROM daily
)

SELECT
  tenant_id,
  dt,
  TRUNC(dt, 'MONTH') AS month,
  new_customers,
  total_customers,
  new_customers_30d,
  ordering_customers,
  buyers,
  first_time_buyers,
  buyers - first_time_buyers AS returning_buyers,
  buyers_to_date,
  revenue,
  TRY_CAST(revenue_to_date AS DECIMAL(18, 2)) AS revenue_to_date,
  CAST(TRY_CAST(revenue_to_date AS DECIMAL(18, 2)) AS DOUBLE)
    / NULLIF(CAST(total_customers AS DOUBLE), 0) AS revenue_per_customer
FROM running
