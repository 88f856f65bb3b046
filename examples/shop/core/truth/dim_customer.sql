-- gold.dim_customer
-- key: customer_id
with tidy as (
    select id, tenant_id, is_active, created_at,
           nullif(lower(btrim(email)), '')                   as email,
           nullif(btrim(first_name), '')                     as first_name,
           nullif(btrim(last_name), '')                      as last_name,
           nullif(lower(btrim(phone)), '')                   as phone,
           nullif(lower(btrim(metadata ->> 'source')), '')   as acquisition_source,
           nullif(lower(btrim(metadata ->> 'language')), '') as language
    from core_customer
),
ranked as (
    -- Customers of one tenant with the same working mailbox are one person; whoever came first stands for all.
    select *, row_number() over (same_person order by created_at, id) as place, count(*) over same_person - 1 as duplicates
    from tidy
    window same_person as (
        partition by tenant_id, case when email ~ '^[^@ ]+@[^@ ]+[.][^@ .]+$' then email else 'id:' || id end
    )
),
dialled as (
    select id, phone like '+%' as international,
           regexp_replace(regexp_replace(phone, '[ ,;]*(extension|ext|x)[. :]*[0-9]+$', ''), '[^0-9]', '', 'g') as digits
    from ranked
    where place = 1
),
numbered as (
    select id,
           case when international then digits
                when digits like '00%' then substr(digits, 3)
                when length(digits) = 10 then '1' || digits
                when length(digits) = 11 and digits like '1%' then digits
           end as number
    from dialled
)
select r.id                                                         as customer_id,
       r.tenant_id, r.email, r.first_name, r.last_name,
       case when n.number ~ '^[1-9][0-9]{7,14}$' then '+' || n.number end as phone,
       r.acquisition_source, r.language, r.is_active, r.duplicates,
       (r.created_at at time zone 'UTC')::date                      as created_on
from ranked r
join numbered n using (id)
order by customer_id
