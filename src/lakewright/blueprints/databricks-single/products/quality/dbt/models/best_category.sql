{{ config(materialized='view') }}
SELECT category, least_quality FROM {{ ref('category_ranking') }} WHERE place = 1
