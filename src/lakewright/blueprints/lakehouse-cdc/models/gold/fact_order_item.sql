/* lakewright
kind: incremental_by_key
key: orderitem_id
partition_by: month
owner: sales
description: Lines of orders with the day, status and person of the order, and the product's category and cost.
columns:
  orderitem_id: {type: bigint, description: Line.}
  order_id: {type: bigint, description: Order.}
  product_id: {type: bigint, description: Product sold.}
  tenant_id: {type: bigint, description: Tenant that sold.}
  customer_id: {type: bigint, description: Canonical customer.}
  dt: {type: date, description: UTC day of the order.}
  month: {type: date, description: First day of its month.}
  status: {type: string, description: Status of the order.}
  is_completed: {type: boolean, description: Whether it counts as revenue.}
  category: {type: string, description: Category of the product.}
  department: {type: string, description: Department of the product.}
  quantity: {type: int, description: Pieces.}
  gross: {type: "decimal(18,2)", description: Quantity × unit price.}
  discount: {type: "decimal(12,2)", description: Amount off the line.}
  net: {type: "decimal(12,2)", description: Gross less discount.}
  cost: {type: "decimal(18,2)", description: Quantity × the product's cost of today.}
  margin: {type: "decimal(18,2)", description: Net less cost.}
*/
WITH priced AS (
  SELECT
    line.orderitem_id,
    line.order_id,
    line.product_id,
    line.tenant_id,
    orders.customer_id,
    orders.dt,
    orders.month,
    orders.status,
    orders.is_completed,
    COALESCE(product.category, 'unknown') AS category,
    COALESCE(product.department, 'unknown') AS department,
    line.quantity,
    TRY_CAST(line.quantity * line.unit_price AS DECIMAL(18, 2)) AS gross,
    line.discount,
    line.line_total AS net,
    TRY_CAST(COALESCE(line.quantity * product.cost, 0) AS DECIMAL(18, 2)) AS cost
  FROM silver.orderitem AS line
  INNER JOIN gold.fact_order AS orders ON orders.order_id = line.order_id
  LEFT JOIN gold.dim_product AS product ON product.product_id = line.product_id
)

SELECT
  orderitem_id,
  order_id,
  product_id,
  tenant_id,
  customer_id,
  dt,
  month,
  status,
  is_completed,
  category,
  department,
  quantity,
  gross,
  discount,
  net,
  cost,
  TRY_CAST(net - cost AS DECIMAL(18, 2)) AS margin
FROM priced
