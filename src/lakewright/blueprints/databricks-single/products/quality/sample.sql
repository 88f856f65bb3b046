CREATE OR REPLACE TABLE {bronze}.sample_data (id BIGINT, category STRING, value DECIMAL(12,2), quality_score DOUBLE);
INSERT INTO {bronze}.sample_data VALUES
  (1, 'air', CAST(21.50 AS DECIMAL(12,2)), 0.97D),
  (2, 'air', CAST(22.10 AS DECIMAL(12,2)), 0.81D),
  (3, 'air', CAST(99.99 AS DECIMAL(12,2)), 0.8D),
  (4, 'water', CAST(7.10 AS DECIMAL(12,2)), 0.9D),
  (5, 'water', CAST(7.40 AS DECIMAL(12,2)), 0.95D),
  (6, 'soil', CAST(0.31 AS DECIMAL(12,2)), 0.42D),
  (7, 'light', CAST(-3.00 AS DECIMAL(12,2)), 1.0D);
