-- Categories by how well their sensors do: the same SQL on Databricks and on DuckDB.
SELECT
    category,
    COUNT(*) AS records,
    MIN(quality_score) AS least_quality,
    MAX(value) AS highest,
    ROW_NUMBER() OVER (ORDER BY AVG(quality_score) DESC, category) AS place
FROM {{ source('silver', 'sample_data') }}
WHERE category IS NOT NULL
GROUP BY category
