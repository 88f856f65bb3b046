{{ config(materialized='table', format='parquet') }}
SELECT * FROM {{ env_var('SOURCE_TABLE') }}
