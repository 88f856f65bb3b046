/* lakewright
kind: incremental_by_key
key: [tenant_id, month]
scope: tenant_id
owner: finance
description: Monthly and annual recurring revenue, new business and churn. Running figures make a tenant one scope.
columns:
  tenant_id: {type: bigint, description: Tenant.}
  month: {type: date, description: First day of the month.}
  opening_subscriptions: {type: bigint, description: Subscriptions when the month began.}
  opening_mrr: {type: "decimal(18,2)", description: Their monthly revenue.}
  new_subscriptions: {type: bigint, description: Started in the month.}
  new_mrr: {type: "decimal(18,2)", description: Their monthly revenue.}
  churned_subscriptions: {type: bigint, description: Cancelled in the month.}
  churned_mrr: {type: "decimal(18,2)", description: Their monthly revenue.}
  active_subscriptions: {type: bigint, description: Subscriptions when the month ended.}
  mrr: {type: "decimal(18,2)", description: Their monthly revenue.}
  arr: {type: "decimal(18,2)", description: Twelve times that.}
  churn_rate: {type: double, description: Churned per opening subscriptions.}
  mrr_churn_rate: {type: double, description: Churned per opening monthly revenue.}
*/
WITH movements AS (
  SELECT
    tenant_id,
    started_month AS month,
    1 AS started,
    monthly_amount AS started_amount,
    0 AS churned,
    CAST(0 AS DECIMAL(12, 2)) AS churned_amount
  FROM silver.subscription
  WHERE status <> 'trialing'
  UNION ALL
  SELECT
    tenant_id,
    churned_month AS month,
    0 AS started,
    CAST(0 AS DECIMAL(12, 2)) AS started_amount,
    1 AS churned,
    monthly_amount AS churned_amount
  FROM silver.subscription
  WHERE is_churned
),

spans AS (
  SELECT
    tenant_id,
    SEQUENCE(MIN(month), MAX(month), INTERVAL 1 MONTH) AS months
  FROM movements
  GROUP BY tenant_id
),

calendar AS (
  SELECT
    spans.tenant_id,
    span.month
  FROM spans
  LATERAL VIEW EXPLODE(spans.months) span AS month
),

moved AS (
  SELECT
    tenant_id,
    month,
    SUM(started) AS new_subscriptions,
    SUM(started_amount) AS new_mrr,
    SUM(churned) AS churned_subscriptions,
    SUM(churned_amount) AS churned_mrr
  FROM movements
  GROUP BY tenant_id, month
),

monthly AS (
  SELECT
    calendar.tenant_id,
    calendar.month,
    COALESCE(moved.new_subscriptions, 0) AS new_subscriptions,
    TRY_CAST(COALESCE(moved.new_mrr, 0) AS DECIMAL(18, 2)) AS new_mrr,
    COALESCE(moved.churned_subscriptions, 0) AS churned_subscriptions,
    TRY_CAST(COALESCE(moved.churned_mrr, 0) AS DECIMAL(18, 2)) AS churned_mrr
  FROM calendar
  LEFT JOIN moved ON moved.tenant_id = calendar.tenant_id AND moved.month = calendar.month
),

running AS (
  SELECT
    tenant_id,
    month,
    new_subscriptions,
    new_mrr,
    churned_subscriptions,
    churned_mrr,
    SUM(new_subscriptions - churned_subscriptions) OVER (
      PARTITION BY tenant_id ORDER BY month ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS active_subscriptions,
    TRY_CAST(SUM(new_mrr - churned_mrr) OVER (
      PARTITION BY tenant_id ORDER BY month ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DECIMAL(18, 2)) AS mrr
  FROM monthly
),

opened AS (
  SELECT
    tenant_id,
    month,
    active_subscriptions - new_subscriptions + churned_subscriptions AS opening_subscriptions,
    TRY_CAST(mrr - new_mrr + churned_mrr AS DECIMAL(18, 2)) AS opening_mrr,
    new_subscriptions,
    new_mrr,
    churned_subscriptions,
    churned_mrr,
    active_subscriptions,
    mrr
  FROM running
)

SELECT
  tenant_id,
  month,
  opening_subscriptions,
  opening_mrr,
  new_subscriptions,
  new_mrr,
  churned_subscriptions,
  churned_mrr,
  active_subscriptions,
  mrr,
  TRY_CAST(12 * mrr AS DECIMAL(18, 2)) AS arr,
  CAST(churned_subscriptions AS DOUBLE) / NULLIF(CAST(opening_subscriptions AS DOUBLE), 0) AS churn_rate,
  CAST(churned_mrr AS DOUBLE) / NULLIF(CAST(opening_mrr AS DOUBLE), 0) AS mrr_churn_rate
FROM opened
