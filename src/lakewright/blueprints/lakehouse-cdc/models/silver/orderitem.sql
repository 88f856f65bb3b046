/* lakewright
kind: incremental_by_key
key: orderitem_id
partition_by: [tenant_id, month]
owner: sales
description: Lines of orders with their total recalculated.
columns:
  orderitem_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that sold.}
  order_id: {type: bigint, description: Order that the line belongs to.}
  product_id: {type: bigint, description: Product sold.}
  quantity: {type: int, description: Pieces.}
  unit_price: {type: "decimal(12,2)", description: Price of one piece when ordered.}
  discount: {type: "decimal(12,2)", description: Amount off the whole line.}
  line_total: {type: "decimal(12,2)", description: "Recalculated: quantity × unit price − discount."}
  source_line_total: {type: "decimal(12,2)", description: Line total as the source has it.}
  line_total_mismatch: {type: boolean, description: Whether the two differ.}
  month: {type: date, description: First day of the month in which the line was made.}
  created_at: {type: timestamp, description: When the line was made.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - {name: quantity_positive, expect: quantity > 0, on_failure: quarantine, message: a line sells at least one piece}
  - {name: unit_price_not_negative, expect: unit_price >= 0, on_failure: quarantine, message: price is missing or negative}
  - name: discount_within_line
    expect: discount >= 0 AND line_total >= 0
    on_failure: quarantine
    message: discount is negative or more than the line
  - {name: line_total_matches, expect: NOT line_total_mismatch, on_failure: warn, message: the source's total is wrong}
*/
WITH priced AS (
  SELECT
    id AS orderitem_id,
    tenant_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    COALESCE(discount, 0) AS discount,
    TRY_CAST(quantity * unit_price - COALESCE(discount, 0) AS DECIMAL(12, 2)) AS line_total,
    line_total AS source_line_total,
    created_at,
    updated_at
  FROM bronze.core_orderitem
)

SELECT
  orderitem_id,
  tenant_id,
  order_id,
  product_id,
  quantity,
  unit_price,
  discount,
  line_total,
  source_line_total,
  COALESCE(source_line_total <> line_total, TRUE) AS line_total_mismatch,
  TRUNC(created_at, 'MONTH') AS month,
  created_at,
  updated_at
FROM priced
