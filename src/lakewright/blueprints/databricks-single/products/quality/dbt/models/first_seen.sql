{{ config(materialized='incremental') }}
SELECT id, category FROM {{ source('silver', 'sample_data') }}
{% if is_incremental() %}
WHERE id NOT IN (SELECT id FROM {{ this }})
{% endif %}
