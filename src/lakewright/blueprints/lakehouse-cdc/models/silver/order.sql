/* lakewright
kind: incremental_by_key
key: order_id
partition_by: [tenant_id, month]
owner: sales
description: Orders with the total recalculated, the status ranked, and late arrivals marked.
columns:
  order_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that sold.}
  customer_id: {type: bigint, description: "Customer row of the source; see silver.customer_identity for the person."}
  order_number: {type: string, description: Number that the customer knows.}
  status: {type: string, description: "pending, paid, shipped, completed, cancelled or refunded."}
  status_rank: {type: int, description: "Place of the status in an order's life, 1 to 6."}
  is_final: {type: boolean, description: "Completed, cancelled or refunded."}
  order_date: {type: timestamp, description: When the customer ordered.}
  dt: {type: date, description: UTC day of the order.}
  month: {type: date, description: First day of its month.}
  subtotal: {type: "decimal(12,2)", description: Sum of the lines as the source has it.}
  tax: {type: "decimal(12,2)", description: Tax.}
  shipping: {type: "decimal(12,2)", description: Shipping.}
  total: {type: "decimal(12,2)", description: "Recalculated: subtotal + tax + shipping."}
  source_total: {type: "decimal(12,2)", description: Total as the source has it.}
  total_mismatch: {type: boolean, description: Whether the two differ.}
  currency: {type: string, description: "ISO 4217 code."}
  notes: {type: string, pii: free text, description: What the customer wrote.}
  lateness_days: {type: int, description: Days between the order and its arrival in the source.}
  is_late: {type: boolean, description: Arrived two or more days after it was made.}
  created_at: {type: timestamp, description: When the row came to be.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - {name: status_known, expect: status_rank IS NOT NULL, on_failure: quarantine, message: status is not one we know}
  - {name: order_date_present, expect: order_date IS NOT NULL, on_failure: quarantine, message: an order has a date}
  - name: amounts_not_negative
    expect: subtotal >= 0 AND tax >= 0 AND shipping >= 0
    on_failure: quarantine
    message: subtotal, tax or shipping is missing or negative
  - {name: total_matches, expect: NOT total_mismatch, on_failure: warn, message: the source's total is wrong}
  - {name: on_time, expect: NOT is_late, on_failure: warn, message: arrived two or more days late}
*/
WITH tidied AS (
  SELECT
    id AS order_id,
    tenant_id,
    customer_id,
    NULLIF(TRIM(order_number), '') AS order_number,
    NULLIF(LOWER(TRIM(status)), '') AS status,
    order_date,
    CAST(order_date AS DATE) AS dt,
    subtotal,
    tax,
    shipping,
    TRY_CAST(subtotal + tax + shipping AS DECIMAL(12, 2)) AS total,
    total AS source_total,
    NULLIF(UPPER(TRIM(currency)), '') AS currency,
    notes,
    created_at,
    updated_at
  FROM bronze.core_order
),

measured AS (
  SELECT
    order_id,
    tenant_id,
    customer_id,
    order_number,
    status,
    order_date,
    dt,
    subtotal,
    tax,
    shipping,
    total,
    source_total,
    currency,
    notes,
    CASE WHEN created_at > order_date THEN DATEDIFF(CAST(created_at AS DATE), dt) ELSE 0 END AS lateness_days,
    created_at,
    updated_at
  FROM tidied
)

SELECT
  order_id,
  tenant_id,
  customer_id,
  order_number,
  status,
  CASE status
    WHEN 'pending' THEN 1
    WHEN 'paid' THEN 2
    WHEN 'shipped' THEN 3
    WHEN 'completed' THEN 4
    WHEN 'cancelled' THEN 5
    WHEN 'refunded' THEN 6
  END AS status_rank,
  COALESCE(status IN ('completed', 'cancelled', 'refunded'), FALSE) AS is_final,
  order_date,
  dt,
  TRUNC(dt, 'MONTH') AS month,
  subtotal,
  tax,
  shipping,
  total,
  source_total,
  COALESCE(source_total <> total, TRUE) AS total_mismatch,
  currency,
  notes,
  lateness_days,
  lateness_days >= 2 AS is_late,
  created_at,
  updated_at
FROM measured
