-- gold.fact_order, grouped by tenant_id, month: rows, sum_<column>, true_<column>
-- key: tenant_id, month
with mailbox as (
    select id, tenant_id, created_at, lower(btrim(email)) as email from core_customer
),
person as (
    select id, first_value(id) over (
               partition by tenant_id, case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end
               order by created_at, id
           ) as canonical_id
    from mailbox
),
basket as (
    select order_id, count(*) as items, sum(quantity) as units,
           sum(quantity * unit_price - coalesce(discount, 0)) as items_total
    from core_orderitem
    where quantity > 0 and unit_price >= 0 and coalesce(discount, 0) between 0 and quantity * unit_price
    group by order_id
),
good as (
    select o.*, lower(btrim(status)) as clean_status, (order_date at time zone 'UTC')::date as dt
    from core_order o
    where lower(btrim(status)) in ('pending', 'paid', 'shipped', 'completed', 'cancelled', 'refunded')
      and order_date is not null and subtotal >= 0 and tax >= 0 and shipping >= 0
)
select o.tenant_id,
       date_trunc('month', dt)::date                                                  as month,
       count(*)                                                                       as rows,
       sum(coalesce(p.canonical_id, o.customer_id))::bigint                           as sum_customer_id,
       sum(subtotal)::numeric(18, 2)                                                  as sum_subtotal,
       sum(tax)::numeric(18, 2)                                                       as sum_tax,
       sum(shipping)::numeric(18, 2)                                                  as sum_shipping,
       sum(subtotal + tax + shipping)::numeric(18, 2)                                 as sum_total,
       coalesce(sum(items), 0)::bigint                                                as sum_items,
       coalesce(sum(units), 0)::bigint                                                as sum_units,
       coalesce(sum(items_total), 0)::numeric(18, 2)                                  as sum_items_total,
       count(*) filter (where clean_status = 'completed')                             as true_is_completed,
       count(*) filter (where total is distinct from subtotal + tax + shipping)       as true_total_mismatch,
       count(*) filter (where (o.created_at at time zone 'UTC')::date - dt >= 2)      as true_is_late,
       count(*) filter (where coalesce(items_total, 0) <> subtotal)                   as true_items_mismatch
from good o
left join person p on p.id = o.customer_id
left join basket b on b.order_id = o.id
group by o.tenant_id, month
order by o.tenant_id, month
