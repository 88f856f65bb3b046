{{ config(materialized='incremental', incremental_strategy='append', format='parquet') }}
SELECT * FROM {{ ref('copied') }}
{% if is_incremental() %} WHERE id > (SELECT MAX(id) FROM {{ this }}) {% else %} WHERE id < 4 {% endif %}
