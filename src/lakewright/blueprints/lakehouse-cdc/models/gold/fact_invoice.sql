/* lakewright
kind: incremental_by_key
key: invoice_id
partition_by: month
owner: finance
description: Invoices with their person.
columns:
  invoice_id: {type: bigint, description: Invoice.}
  tenant_id: {type: bigint, description: Tenant that is paid.}
  customer_id: {type: bigint, description: Canonical customer.}
  subscription_id: {type: bigint, description: Subscription that is billed; NULL for orders.}
  order_id: {type: bigint, description: Order that is billed; NULL for subscriptions.}
  dt: {type: date, description: UTC day of issue.}
  month: {type: date, description: First day of its month.}
  due_date: {type: date, description: Last day to pay.}
  paid_on: {type: date, description: UTC day of payment.}
  status: {type: string, description: "draft, open, paid, void or uncollectible."}
  amount_due: {type: "decimal(12,2)", description: What it asks for.}
  amount_paid: {type: "decimal(12,2)", description: What was paid.}
  outstanding: {type: "decimal(12,2)", description: What is still owed.}
  days_to_pay: {type: int, description: Days from issue to payment; NULL if not paid.}
  days_overdue: {type: int, description: "Days that the payment was late; NULL if not paid."}
  reconciliation: {type: string, description: How status and amounts fit together.}
  is_reconciled: {type: boolean, description: Whether they do.}
*/
SELECT
  invoice.invoice_id,
  invoice.tenant_id,
  COALESCE(identity.canonical_customer_id, invoice.customer_id) AS customer_id,
  invoice.subscription_id,
  invoice.order_id,
  invoice.dt,
  invoice.month,
  invoice.due_date,
  CAST(invoice.paid_at AS DATE) AS paid_on,
  invoice.status,
  invoice.amount_due,
  invoice.amount_paid,
  invoice.outstanding,
  invoice.days_to_pay,
  invoice.days_overdue,
  invoice.reconciliation,
  invoice.is_reconciled
FROM silver.invoice AS invoice
LEFT JOIN silver.customer_identity AS identity ON identity.customer_id = invoice.customer_id
