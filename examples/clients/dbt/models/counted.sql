{{ config(materialized='view') }}
SELECT COUNT(*) AS n FROM {{ ref('copied') }}
