-- gold.fact_order_item, grouped by tenant_id, month, category: rows, sum_<column>, true_<column>
-- key: tenant_id, month, category
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
known_product as (
    select id, cost, coalesce(nullif(btrim(
               regexp_replace(replace(lower(category), '&', ' and '), '[^a-z0-9]+', '_', 'g'), '_'), ''), 'uncategorised'
           ) as category
    from core_product
    where btrim(sku) <> '' and price >= 0 and cost >= 0
),
good_order as (
    select id, customer_id, lower(btrim(status)) as status,
           date_trunc('month', order_date at time zone 'UTC')::date as month
    from core_order
    where lower(btrim(status)) in ('pending', 'paid', 'shipped', 'completed', 'cancelled', 'refunded')
      and order_date is not null and subtotal >= 0 and tax >= 0 and shipping >= 0
),
good_item as (
    select tenant_id, order_id, product_id, quantity, quantity * unit_price as gross, coalesce(discount, 0) as discount
    from core_orderitem
    where quantity > 0 and unit_price >= 0 and coalesce(discount, 0) between 0 and quantity * unit_price
)
select i.tenant_id,
       o.month,
       coalesce(k.category, 'unknown')                                                   as category,
       count(*)                                                                          as rows,
       sum(coalesce(p.canonical_id, o.customer_id))::bigint                              as sum_customer_id,
       sum(quantity)::bigint                                                             as sum_quantity,
       sum(gross)::numeric(18, 2)                                                        as sum_gross,
       sum(discount)::numeric(18, 2)                                                     as sum_discount,
       sum(gross - discount)::numeric(18, 2)                                             as sum_net,
       sum(quantity * coalesce(k.cost, 0))::numeric(18, 2)                               as sum_cost,
       sum(gross - discount - quantity * coalesce(k.cost, 0))::numeric(18, 2)            as sum_margin,
       count(*) filter (where o.status = 'completed')                                    as true_is_completed
from good_item i
join good_order o on o.id = i.order_id
left join person p on p.id = o.customer_id
left join known_product k on k.id = i.product_id
group by i.tenant_id, o.month, coalesce(k.category, 'unknown')
order by i.tenant_id, o.month, category
