-- gold.customer_ltv
-- key: tenant_id, customer_id
with mailbox as (
    select id, tenant_id, created_at, lower(btrim(email)) as email from core_customer
),
person as (
    select id, tenant_id, first_value(id) over (
               partition by tenant_id, case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end
               order by created_at, id
           ) as canonical_id
    from mailbox
),
bought as (
    select p.canonical_id, count(*) as orders, sum(subtotal + tax + shipping) as revenue,
           min((order_date at time zone 'UTC')::date) as first_order_on,
           max((order_date at time zone 'UTC')::date) as last_order_on
    from core_order o
    join person p on p.id = o.customer_id
    where lower(btrim(status)) = 'completed' and order_date is not null
      and subtotal >= 0 and tax >= 0 and shipping >= 0
    group by p.canonical_id
),
subscribed as (
    select p.canonical_id, sum(coalesce(amount_paid, 0)) as revenue
    from core_invoice i
    join person p on p.id = i.customer_id
    where subscription_id is not null and lower(btrim(status)) in ('open', 'paid', 'uncollectible')
      and issued_at is not null and amount_due >= 0 and coalesce(amount_paid, 0) >= 0
    group by p.canonical_id
)
select p.tenant_id,
       p.id                                                                as customer_id,
       coalesce(b.orders, 0)                                               as orders,
       coalesce(b.revenue, 0)::numeric(18, 2)                              as order_revenue,
       coalesce(s.revenue, 0)::numeric(18, 2)                              as subscription_revenue,
       (coalesce(b.revenue, 0) + coalesce(s.revenue, 0))::numeric(18, 2)   as lifetime_value,
       b.revenue::float8 / b.orders::float8                                as avg_order_value,
       b.first_order_on, b.last_order_on,
       date_trunc('month', b.first_order_on)::date                         as cohort_month,
       b.last_order_on - b.first_order_on                                  as active_days
from person p
left join bought b on b.canonical_id = p.id
left join subscribed s on s.canonical_id = p.id
where p.id = p.canonical_id
order by p.tenant_id, p.id
