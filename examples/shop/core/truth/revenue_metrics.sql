-- gold.revenue_metrics
-- key: tenant_id, dt
with mailbox as (
    select id, tenant_id, created_at, lower(btrim(email)) as email from core_customer
),
person as (
    select id, first_value(id) over (
               partition by tenant_id, case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end
               order by created_at, id
           ) as canonical_id
    from mailbox
)
select o.tenant_id,
       (order_date at time zone 'UTC')::date                               as dt,
       count(*)                                                            as order_count,
       count(distinct coalesce(p.canonical_id, o.customer_id))             as unique_customers,
       sum(subtotal + tax + shipping)::numeric(18, 2)                      as total_revenue,
       sum(subtotal + tax + shipping)::float8 / count(*)::float8           as avg_order_value
from core_order o
left join person p on p.id = o.customer_id
where lower(btrim(status)) = 'completed' and subtotal >= 0 and tax >= 0 and shipping >= 0
  and order_date is not null
group by o.tenant_id, dt
order by o.tenant_id, dt
