-- gold.dim_tenant
-- key: tenant_id
select id                                              as tenant_id,
       lower(btrim(slug, E' \t\r\n'))                  as slug,
       nullif(btrim(name, E' \t\r\n'), '')             as name,
       nullif(lower(btrim(tier, E' \t\r\n')), '')      as tier,
       is_active,
       (created_at at time zone 'UTC')::date           as created_on
from core_tenant
where btrim(slug, E' \t\r\n') <> ''
order by tenant_id
