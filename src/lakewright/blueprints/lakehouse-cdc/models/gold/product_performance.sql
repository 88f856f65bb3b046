/* lakewright
kind: incremental_by_key
key: [tenant_id, dt, product_id]
partition_by: month
owner: merchandising
description: What each product sold and earned per day, completed orders only.
columns:
  tenant_id: {type: bigint, description: Tenant that sold.}
  dt: {type: date, description: UTC day of the orders.}
  product_id: {type: bigint, description: Product sold.}
  month: {type: date, description: First day of the day's month.}
  category: {type: string, description: Category of the product.}
  department: {type: string, description: Department of the product.}
  orders: {type: bigint, description: Orders it was in.}
  units: {type: bigint, description: Pieces.}
  gross: {type: "decimal(18,2)", description: Before discounts.}
  discount: {type: "decimal(18,2)", description: Discounts.}
  revenue: {type: "decimal(18,2)", description: Gross less discounts.}
  cost: {type: "decimal(18,2)", description: Cost of the pieces.}
  margin: {type: "decimal(18,2)", description: Revenue less cost.}
  margin_rate: {type: double, description: Margin per revenue.}
*/
WITH sold AS (
  SELECT
    tenant_id,
    dt,
    product_id,
    MIN(category) AS category,
    MIN(department) AS department,
    COUNT(DISTINCT order_id) AS orders,
    SUM(quantity) AS units,
    TRY_CAST(SUM(gross) AS DECIMAL(18, 2)) AS gross,
    TRY_CAST(SUM(discount) AS DECIMAL(18, 2)) AS discount,
    TRY_CAST(SUM(net) AS DECIMAL(18, 2)) AS revenue,
    TRY_CAST(SUM(cost) AS DECIMAL(18, 2)) AS cost,
    TRY_CAST(SUM(margin) AS DECIMAL(18, 2)) AS margin
  FROM gold.fact_order_item
  WHERE is_completed
  GROUP BY tenant_id, dt, product_id
)

SELECT
  tenant_id,
  dt,
  product_id,
  TRUNC(dt, 'MONTH') AS month,
  category,
  department,
  orders,
  units,
  gross,
  discount,
  revenue,
  cost,
  margin,
  CAST(margin AS DOUBLE) / NULLIF(CAST(revenue AS DOUBLE), 0) AS margin_rate
FROM sold
