/* lakewright
kind: incremental_by_key
key: [tenant_id, product_id]
owner: merchandising
description: What each product has sold so far, and what is left of it.
columns:
  tenant_id: {type: bigint, description: Tenant that sells it.}
  product_id: {type: bigint, description: Product.}
  sku: {type: string, description: Stock keeping unit.}
  name: {type: string, description: Product name.}
  category: {type: string, description: Standard name of the category.}
  orders: {type: bigint, description: Completed orders it was in.}
  units: {type: bigint, description: Pieces sold.}
  revenue: {type: "decimal(18,2)", description: After discounts.}
  margin: {type: "decimal(18,2)", description: Revenue less cost.}
  first_sold_on: {type: date, description: First day with a sale.}
  last_sold_on: {type: date, description: Last day with a sale.}
  days_sold: {type: bigint, description: Days with a sale.}
  stock_quantity: {type: int, description: Pieces in stock.}
  stock_value: {type: "decimal(18,2)", description: What they cost.}
  sell_through_rate: {type: double, description: Pieces sold per pieces sold and in stock.}
  stock_status: {type: string, description: "out, low (fewer than 10) or ok."}
*/
WITH sales AS (
  SELECT
    tenant_id,
    product_id,
    SUM(orders) AS orders,
    SUM(units) AS units,
    SUM(revenue) AS revenue,
    SUM(margin) AS margin,
    MIN(dt) AS first_sold_on,
    MAX(dt) AS last_sold_on,
    COUNT(*) AS days_sold
  FROM gold.product_performance
  GROUP BY tenant_id, product_id
)

SELECT
  product.tenant_id,
  product.product_id,
  product.sku,
  product.name,
  product.category,
  COALESCE(sales.orders, 0) AS orders,
  COALESCE(sales.units, 0) AS units,
  TRY_CAST(COALESCE(sales.revenue, 0) AS DECIMAL(18, 2)) AS revenue,
  TRY_CAST(COALESCE(sales.margin, 0) AS DECIMAL(18, 2)) AS margin,
  sales.first_sold_on,
  sales.last_sold_on,
  COALESCE(sales.days_sold, 0) AS days_sold,
  product.stock_quantity,
  TRY_CAST(product.stock_quantity * product.cost AS DECIMAL(18, 2)) AS stock_value,
  CASE
    WHEN COALESCE(sales.units, 0) + product.stock_quantity > 0
      THEN CAST(COALESCE(sales.units, 0) AS DOUBLE)
        / NULLIF(CAST(COALESCE(sales.units, 0) + product.stock_quantity AS DOUBLE), 0)
  END AS sell_through_rate,
  CASE
    WHEN product.stock_quantity <= 0 THEN 'out'
    WHEN product.stock_quantity < 10 THEN 'low'
    ELSE 'ok'
  END AS stock_status
FROM silver.product AS product
LEFT JOIN sales ON sales.tenant_id = product.tenant_id AND sales.product_id = product.product_id
