/* lakewright
kind: incremental_by_key
key: subscription_id
partition_by: [tenant_id, month]
owner: finance
description: Subscriptions with what they bring in per month, and when they churned.
columns:
  subscription_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that is paid.}
  customer_id: {type: bigint, description: Customer row of the source.}
  plan: {type: string, description: "Plan, lower case."}
  status: {type: string, description: "trialing, active, past_due or cancelled."}
  monthly_amount: {type: "decimal(12,2)", description: Price of one month.}
  mrr: {type: "decimal(12,2)", description: "Monthly recurring revenue now: the price while active or past due."}
  started_at: {type: timestamp, description: First day.}
  cancelled_at: {type: timestamp, description: Cancellation as the source has it.}
  is_churned: {type: boolean, description: Whether it was cancelled.}
  churned_at: {type: timestamp, description: "Cancellation, or the last change where the source forgot it."}
  started_month: {type: date, description: First day of the month it started in.}
  churned_month: {type: date, description: First day of the month it churned in.}
  month: {type: date, description: Same as started_month.}
  tenure_days: {type: int, description: "Days from start to churn; NULL while it lasts."}
  status_consistent: {type: boolean, description: "Cancelled if, and only if, it has a date of cancellation."}
  created_at: {type: timestamp, description: When the row came to be.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - name: status_known
    expect: status IN ('trialing', 'active', 'past_due', 'cancelled')
    on_failure: quarantine
    message: status is not one we know
  - {name: started_at_present, expect: started_at IS NOT NULL, on_failure: quarantine, message: it has a first day}
  - {name: amount_not_negative, expect: monthly_amount >= 0, on_failure: quarantine, message: price is missing or negative}
  - name: churn_after_start
    expect: churned_at IS NULL OR churned_at >= started_at
    on_failure: quarantine
    message: cancelled before it started
  - {name: status_consistent, expect: status_consistent, on_failure: warn, message: status and cancellation disagree}
*/
WITH tidied AS (
  SELECT
    id AS subscription_id,
    tenant_id,
    customer_id,
    NULLIF(LOWER(TRIM(plan)), '') AS plan,
    NULLIF(LOWER(TRIM(status)), '') AS status,
    monthly_amount,
    started_at,
    cancelled_at,
    created_at,
    updated_at
  FROM bronze.core_subscription
),

dated AS (
  SELECT
    subscription_id,
    tenant_id,
    customer_id,
    plan,
    status,
    monthly_amount,
    started_at,
    cancelled_at,
    COALESCE(status = 'cancelled', FALSE) AS is_churned,
    CASE WHEN status = 'cancelled' THEN COALESCE(cancelled_at, updated_at) END AS churned_at,
    TRUNC(started_at, 'MONTH') AS started_month,
    created_at,
    updated_at
  FROM tidied
)

SELECT
  subscription_id,
  tenant_id,
  customer_id,
  plan,
  status,
  monthly_amount,
  CASE WHEN status IN ('active', 'past_due') THEN monthly_amount ELSE CAST(0 AS DECIMAL(12, 2)) END AS mrr,
  started_at,
  cancelled_at,
  is_churned,
  churned_at,
  started_month,
  TRUNC(churned_at, 'MONTH') AS churned_month,
  started_month AS month,
  DATEDIFF(CAST(churned_at AS DATE), CAST(started_at AS DATE)) AS tenure_days,
  is_churned = (cancelled_at IS NOT NULL) AS status_consistent,
  created_at,
  updated_at
FROM dated
