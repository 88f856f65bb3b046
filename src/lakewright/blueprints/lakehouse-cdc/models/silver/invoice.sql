/* lakewright
kind: incremental_by_key
key: invoice_id
partition_by: [tenant_id, month]
owner: finance
description: Invoices reconciled with what was paid for them.
columns:
  invoice_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that is paid.}
  customer_id: {type: bigint, description: Customer row of the source.}
  subscription_id: {type: bigint, description: Subscription that is billed; NULL for orders.}
  order_id: {type: bigint, description: Order that is billed; NULL for subscriptions.}
  number: {type: string, description: Number on the invoice.}
  status: {type: string, description: "draft, open, paid, void or uncollectible."}
  amount_due: {type: "decimal(12,2)", description: What it asks for.}
  amount_paid: {type: "decimal(12,2)", description: What was paid.}
  outstanding: {type: "decimal(12,2)", description: What is still owed.}
  issued_at: {type: timestamp, description: When it was sent.}
  paid_at: {type: timestamp, description: When it was paid.}
  dt: {type: date, description: UTC day of issue.}
  month: {type: date, description: First day of its month.}
  due_date: {type: date, description: Last day to pay.}
  days_to_pay: {type: int, description: "Days from issue to payment; NULL if not paid."}
  days_overdue: {type: int, description: "Days that the payment was late, 0 if in time; NULL if not paid."}
  reconciliation: {type: string, description: "not_billed, overpaid, written_off, paid_short, settled, paid_but_open, part_paid or unpaid."}
  is_reconciled: {type: boolean, description: Whether status and amounts agree.}
  created_at: {type: timestamp, description: When the row came to be.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - name: status_known
    expect: status IN ('draft', 'open', 'paid', 'void', 'uncollectible')
    on_failure: quarantine
    message: status is not one we know
  - {name: issued_at_present, expect: issued_at IS NOT NULL, on_failure: quarantine, message: an invoice has a date}
  - name: amounts_not_negative
    expect: amount_due >= 0 AND amount_paid >= 0
    on_failure: quarantine
    message: an amount is missing or negative
  - {name: reconciled, expect: is_reconciled, on_failure: warn, message: status and amounts disagree}
*/
WITH tidied AS (
  SELECT
    id AS invoice_id,
    tenant_id,
    customer_id,
    subscription_id,
    order_id,
    NULLIF(TRIM(number), '') AS number,
    NULLIF(LOWER(TRIM(status)), '') AS status,
    amount_due,
    COALESCE(amount_paid, 0) AS amount_paid,
    issued_at,
    paid_at,
    CAST(issued_at AS DATE) AS dt,
    due_date,
    created_at,
    updated_at
  FROM bronze.core_invoice
),

reconciled AS (
  SELECT
    invoice_id,
    tenant_id,
    customer_id,
    subscription_id,
    order_id,
    number,
    status,
    amount_due,
    amount_paid,
    issued_at,
    paid_at,
    dt,
    due_date,
    CASE
      WHEN status IN ('draft', 'void') THEN 'not_billed'
      WHEN amount_paid > amount_due THEN 'overpaid'
      WHEN status = 'uncollectible' THEN 'written_off'
      WHEN status = 'paid' AND amount_paid < amount_due THEN 'paid_short'
      WHEN status = 'paid' THEN 'settled'
      WHEN amount_paid >= amount_due THEN 'paid_but_open'
      WHEN amount_paid > 0 THEN 'part_paid'
      ELSE 'unpaid'
    END AS reconciliation,
    created_at,
    updated_at
  FROM tidied
)

SELECT
  invoice_id,
  tenant_id,
  customer_id,
  subscription_id,
  order_id,
  number,
  status,
  amount_due,
  amount_paid,
  CASE
    WHEN status IN ('open', 'uncollectible') AND amount_due > amount_paid
      THEN TRY_CAST(amount_due - amount_paid AS DECIMAL(12, 2))
    ELSE CAST(0 AS DECIMAL(12, 2))
  END AS outstanding,
  issued_at,
  paid_at,
  dt,
  TRUNC(dt, 'MONTH') AS month,
  due_date,
  DATEDIFF(CAST(paid_at AS DATE), dt) AS days_to_pay,
  CASE
    WHEN CAST(paid_at AS DATE) > due_date THEN DATEDIFF(CAST(paid_at AS DATE), due_date)
    WHEN CAST(paid_at AS DATE) <= due_date THEN 0
  END AS days_overdue,
  reconciliation,
  reconciliation NOT IN ('overpaid', 'paid_short', 'paid_but_open') AS is_reconciled,
  created_at,
  updated_at
FROM reconciled
