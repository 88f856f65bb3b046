/* lakewright
kind: incremental_by_key
key: [tenant_id, dt]
partition_by: month
owner: finance
description: What was billed per tenant and day, and what has come of it. Drafts and void invoices do not count.
columns:
  tenant_id: {type: bigint, description: Tenant that is paid.}
  dt: {type: date, description: UTC day of issue.}
  month: {type: date, description: First day of its month.}
  invoices: {type: bigint, description: Invoices issued.}
  amount_due: {type: "decimal(18,2)", description: What they ask for.}
  amount_paid: {type: "decimal(18,2)", description: What was paid for them.}
  outstanding: {type: "decimal(18,2)", description: What is still owed.}
  paid_invoices: {type: bigint, description: Those paid.}
  late_invoices: {type: bigint, description: Those paid after the due date.}
  unreconciled_invoices: {type: bigint, description: Those whose status and amounts disagree.}
  written_off: {type: "decimal(18,2)", description: What will not be paid.}
  collection_rate: {type: double, description: Amount paid per amount due.}
  avg_days_to_pay: {type: double, description: "Mean days from issue to payment, of those paid."}
*/
WITH days AS (
  SELECT
    tenant_id,
    dt,
    COUNT(*) AS invoices,
    TRY_CAST(SUM(amount_due) AS DECIMAL(18, 2)) AS amount_due,
    TRY_CAST(SUM(amount_paid) AS DECIMAL(18, 2)) AS amount_paid,
    TRY_CAST(SUM(outstanding) AS DECIMAL(18, 2)) AS outstanding,
    COUNT_IF(status = 'paid') AS paid_invoices,
    COUNT_IF(days_overdue > 0) AS late_invoices,
    COUNT_IF(NOT is_reconciled) AS unreconciled_invoices,
    SUM(CASE WHEN status = 'uncollectible' THEN outstanding ELSE CAST(0 AS DECIMAL(12, 2)) END) AS written_off,
    SUM(days_to_pay) AS days_to_pay,
    COUNT(days_to_pay) AS payments
  FROM gold.fact_invoice
  WHERE status NOT IN ('draft', 'void')
  GROUP BY tenant_id, dt
)

SELECT
  tenant_id,
  dt,
  TRUNC(dt, 'MONTH') AS month,
  invoices,
  amount_due,
  amount_paid,
  outstanding,
  paid_invoices,
  late_invoices,
  unreconciled_invoices,
  TRY_CAST(written_off AS DECIMAL(18, 2)) AS written_off,
  CAST(amount_paid AS DOUBLE) / NULLIF(CAST(amount_due AS DOUBLE), 0) AS collection_rate,
  CAST(days_to_pay AS DOUBLE) / NULLIF(CAST(payments AS DOUBLE), 0) AS avg_days_to_pay
FROM days
