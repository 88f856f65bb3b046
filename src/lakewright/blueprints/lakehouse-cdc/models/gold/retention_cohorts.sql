/* lakewright
kind: incremental_by_key
key: [tenant_id, cohort_month, months_since]
scope: tenant_id
owner: crm
description: How many of those who first bought in a month buy again in the months after. An early order that comes late moves a person between cohorts, so a tenant is one scope.
columns:
  tenant_id: {type: bigint, description: Tenant.}
  cohort_month: {type: date, description: Month of the first completed order.}
  months_since: {type: int, description: Calendar months after that.}
  cohort_size: {type: bigint, description: People in the cohort.}
  active_customers: {type: bigint, description: Those with a completed order in the month.}
  retention_rate: {type: double, description: Active customers per cohort size.}
  revenue: {type: "decimal(18,2)", description: Their completed orders in the month.}
*/
WITH months AS (
  SELECT
    tenant_id,
    customer_id,
    month,
    SUM(total) AS revenue
  FROM gold.fact_order
  WHERE is_completed
  GROUP BY tenant_id, customer_id, month
),

cohorts AS (
  SELECT
    tenant_id,
    customer_id,
    month,
    MIN(month) OVER (PARTITION BY tenant_id, customer_id) AS cohort_month,
    revenue
  FROM months
),

counted AS (
  SELECT
    tenant_id,
    cohort_month,
    (YEAR(month) - YEAR(cohort_month)) * 12 + MONTH(month) - MONTH(cohort_month) AS months_since,
    COUNT(*) AS active_customers,
    TRY_CAST(SUM(revenue) AS DECIMAL(18, 2)) AS revenue
  FROM cohorts
  GROUP BY tenant_id, cohort_month, (YEAR(month) - YEAR(cohort_month)) * 12 + MONTH(month) - MONTH(cohort_month)
),

sized AS (
  SELECT
    tenant_id,
    cohort_month,
    months_since,
    -- everybody is active in the month of the first order
    MAX(CASE WHEN months_since = 0 THEN active_customers END) OVER (PARTITION BY tenant_id, cohort_month) AS cohort_size,
    active_customers,
    revenue
  FROM counted
)

SELECT
  tenant_id,
  cohort_month,
  months_since,
  cohort_size,
  active_customers,
  CAST(active_customers AS DOUBLE) / NULLIF(CAST(cohort_size AS DOUBLE), 0) AS retention_rate,
  revenue
FROM sized
