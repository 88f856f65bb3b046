/* lakewright
kind: incremental_by_key
key: tenant_id
owner: data-platform
description: One line about each tenant.
columns:
  tenant_id: {type: bigint, description: Tenant.}
  slug: {type: string, description: Stable public name.}
  name: {type: string, description: Company name.}
  tier: {type: string, description: "enterprise, midmarket or small."}
  is_active: {type: boolean, description: Whether the tenant may sell.}
  customers: {type: bigint, description: People with an account.}
  duplicate_customers: {type: bigint, description: Customer rows of the source beyond those.}
  products: {type: bigint, description: Products.}
  active_products: {type: bigint, description: Those on sale.}
  completed_orders: {type: bigint, description: Completed orders.}
  revenue: {type: "decimal(18,2)", description: Their total.}
  avg_order_value: {type: double, description: Revenue per completed order.}
  first_sale_on: {type: date, description: First day with a completed order.}
  last_sale_on: {type: date, description: Last day with a completed order.}
  active_subscriptions: {type: bigint, description: Active and past due.}
  mrr: {type: "decimal(18,2)", description: Their monthly revenue.}
  outstanding: {type: "decimal(18,2)", description: What is owed on invoices.}
*/
WITH customers AS (
  SELECT
    tenant_id,
    COUNT(*) AS customers,
    SUM(duplicates) AS duplicate_customers
  FROM gold.dim_customer
  GROUP BY tenant_id
),

products AS (
  SELECT
    tenant_id,
    COUNT(*) AS products,
    COUNT_IF(is_active) AS active_products
  FROM gold.dim_product
  GROUP BY tenant_id
),

sales AS (
  SELECT
    tenant_id,
    SUM(order_count) AS completed_orders,
    TRY_CAST(SUM(total_revenue) AS DECIMAL(18, 2)) AS revenue,
    MIN(dt) AS first_sale_on,
    MAX(dt) AS last_sale_on
  FROM gold.revenue_metrics
  GROUP BY tenant_id
),

subscriptions AS (
  SELECT
    tenant_id,
    COUNT_IF(status IN ('active', 'past_due')) AS active_subscriptions,
    SUM(mrr) AS mrr
  FROM silver.subscription
  GROUP BY tenant_id
),

payments AS (
  SELECT
    tenant_id,
    SUM(outstanding) AS outstanding
  FROM gold.payment_metrics
  GROUP BY tenant_id
)

SELECT
  tenant.tenant_id,
  tenant.slug,
  tenant.name,
  tenant.tier,
  tenant.is_active,
  COALESCE(customers.customers, 0) AS customers,
  COALESCE(customers.duplicate_customers, 0) AS duplicate_customers,
  COALESCE(products.products, 0) AS products,
  COALESCE(products.active_products, 0) AS active_products,
  COALESCE(sales.completed_orders, 0) AS completed_orders,
  TRY_CAST(COALESCE(sales.revenue, 0) AS DECIMAL(18, 2)) AS revenue,
  CAST(sales.revenue AS DOUBLE) / NULLIF(CAST(sales.completed_orders AS DOUBLE), 0) AS avg_order_value,
  sales.first_sale_on,
  sales.last_sale_on,
  COALESCE(subscriptions.active_subscriptions, 0) AS active_subscriptions,
  TRY_CAST(COALESCE(subscriptions.mrr, 0) AS DECIMAL(18, 2)) AS mrr,
  TRY_CAST(COALESCE(payments.outstanding, 0) AS DECIMAL(18, 2)) AS outstanding
FROM gold.dim_tenant AS tenant
LEFT JOIN customers ON customers.tenant_id = tenant.tenant_id
LEFT JOIN products ON products.tenant_id = tenant.tenant_id
LEFT JOIN sales ON sales.tenant_id = tenant.tenant_id
LEFT JOIN subscriptions ON subscriptions.tenant_id = tenant.tenant_id
LEFT JOIN payments ON payments.tenant_id = tenant.tenant_id
