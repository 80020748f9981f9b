-- The star of an export made by: laurelctl analytics export --out export
-- A row that changed comes again in a later file: the one with the highest change holds.
CREATE VIEW orders AS
SELECT * EXCLUDE (change, counts)
FROM (
    SELECT *, row_number() OVER (PARTITION BY merchant, order_id ORDER BY change DESC) AS age
    FROM 'export/orders/*.parquet'
)
WHERE age = 1 AND counts;

CREATE VIEW customers AS
SELECT * FROM 'export/customers/*.parquet'
WHERE as_of = (SELECT max(as_of) FROM 'export/customers/*.parquet');
