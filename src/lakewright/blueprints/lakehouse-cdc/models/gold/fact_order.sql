/* lakewright
kind: incremental_by_key
key: order_id
partition_by: month
owner: sales
description: Orders with their person and what their lines add up to.
columns:
  order_id: {type: bigint, description: Order.}
  tenant_id: {type: bigint, description: Tenant that sold.}
  customer_id: {type: bigint, description: Canonical customer.}
  dt: {type: date, description: UTC day of the order.}
  month: {type: date, description: First day of its month.}
  order_date: {type: timestamp, description: When the customer ordered.}
  status: {type: string, description: "pending, paid, shipped, completed, cancelled or refunded."}
  is_completed: {type: boolean, description: Whether it counts as revenue.}
  subtotal: {type: "decimal(12,2)", description: Sum of the lines as the source has it.}
  tax: {type: "decimal(12,2)", description: Tax.}
  shipping: {type: "decimal(12,2)", description: Shipping.}
  total: {type: "decimal(12,2)", description: "Recalculated: subtotal + tax + shipping."}
  total_mismatch: {type: boolean, description: Whether the source's total was wrong.}
  is_late: {type: boolean, description: Arrived two or more days after it was made.}
  items: {type: bigint, description: Lines.}
  units: {type: bigint, description: Pieces.}
  items_total: {type: "decimal(18,2)", description: Sum of the recalculated lines.}
  items_mismatch: {type: boolean, description: Whether that differs from the subtotal.}
*/
WITH lines AS (
  SELECT
    order_id,
    COUNT(*) AS items,
    SUM(quantity) AS units,
    SUM(line_total) AS items_total
  FROM silver.orderitem
  GROUP BY order_id
),

joined AS (
  SELECT
    orders.order_id,
    orders.tenant_id,
    COALESCE(identity.canonical_customer_id, orders.customer_id) AS customer_id,
    orders.dt,
    orders.month,
    orders.order_date,
    orders.status,
    orders.subtotal,
    orders.tax,
    orders.shipping,
    orders.total,
    orders.total_mismatch,
    orders.is_late,
    COALESCE(lines.items, 0) AS items,
    COALESCE(lines.units, 0) AS units,
    TRY_CAST(COALESCE(lines.items_total, 0) AS DECIMAL(18, 2)) AS items_total
  FROM silver.order AS orders
  LEFT JOIN silver.customer_identity AS identity ON identity.customer_id = orders.customer_id
  LEFT JOIN lines ON lines.order_id = orders.order_id
)

SELECT
  order_id,
  tenant_id,
  customer_id,
  dt,
  month,
  order_date,
  status,
  status = 'completed' AS is_completed,
  subtotal,
  tax,
  shipping,
  total,
  total_mismatch,
  is_late,
  items,
  units,
  items_total,
  items_total <> subtotal AS items_mismatch
FROM joined
