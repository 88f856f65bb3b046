-- gold.tenant_summary
-- key: tenant_id
with mailbox as (
    select id, tenant_id, lower(btrim(email)) as email from core_customer
),
people as (
    select tenant_id, count(*) as records,
           count(distinct case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end) as customers
    from mailbox
    group by tenant_id
),
range as (
    select tenant_id, count(*) as products, count(*) filter (where is_active) as active_products
    from core_product
    where btrim(sku) <> '' and price >= 0 and cost >= 0
    group by tenant_id
),
sales as (
    select tenant_id, count(*) as completed_orders, sum(subtotal + tax + shipping) as revenue,
           min((order_date at time zone 'UTC')::date) as first_sale_on,
           max((order_date at time zone 'UTC')::date) as last_sale_on
    from core_order
    where lower(btrim(status)) = 'completed' and order_date is not null
      and subtotal >= 0 and tax >= 0 and shipping >= 0
    group by tenant_id
),
subscriptions as (
    select tenant_id, count(*) as active_subscriptions, sum(monthly_amount) as mrr
    from core_subscription
    where lower(btrim(status)) in ('active', 'past_due') and started_at is not null and monthly_amount >= 0
    group by tenant_id
),
debts as (
    select tenant_id, sum(greatest(amount_due - coalesce(amount_paid, 0), 0)) as outstanding
    from core_invoice
    where lower(btrim(status)) in ('open', 'uncollectible') and issued_at is not null
      and amount_due >= 0 and coalesce(amount_paid, 0) >= 0
    group by tenant_id
)
select t.id                                                       as tenant_id,
       lower(btrim(slug))                             as slug,
       nullif(btrim(name), '')                        as name,
       nullif(lower(btrim(tier)), '')                 as tier,
       is_active,
       coalesce(customers, 0)                                     as customers,
       coalesce(records - customers, 0)                           as duplicate_customers,
       coalesce(products, 0)                                      as products,
       coalesce(active_products, 0)                               as active_products,
       coalesce(completed_orders, 0)                              as completed_orders,
       coalesce(revenue, 0)::numeric(18, 2)                       as revenue,
       revenue::float8 / nullif(completed_orders, 0)::float8      as avg_order_value,
       first_sale_on, last_sale_on,
       coalesce(active_subscriptions, 0)                          as active_subscriptions,
       coalesce(mrr, 0)::numeric(18, 2)                           as mrr,
       coalesce(outstanding, 0)::numeric(18, 2)                   as outstanding
from core_tenant t
left join people on people.tenant_id = t.id
left join range on range.tenant_id = t.id
left join sales on sales.tenant_id = t.id
left join subscriptions on subscriptions.tenant_id = t.id
left join debts on debts.tenant_id = t.id
where btrim(slug) <> ''
order by t.id
