-- The star of an export made by: laurelctl analytics export --out export
-- A row that changed comes again in a later file: the one with the highest change holds.
CREATE VIEW orders AS
SELECT * EXCLUDE (change, counts)
FROM (
    SELECT *, row_number() OVER (PARTITION BY merchant, order_id ORDER BY change DESC) AS age
    FROM 'export/orders/*.parquet'
)
WHERE age = 1 AND counts;

-- Lines of an order change together: those with the highest change of their order hold; line 0 says that there is none.
CREATE VIEW lines AS
SELECT * EXCLUDE (change, newest)
FROM (SELECT *, max(change) OVER (PARTITION BY merchant, order_id) AS newest FROM 'export/lines/*.parquet')
WHERE change = newest AND line > 0;

CREATE VIEW customers AS
SELECT * FROM 'export/customers/*.parquet'
WHERE as_of = (SELECT max(as_of) FROM 'export/customers/*.parquet');

-- Entries never change: each stands in one file.
CREATE VIEW entries AS
SELECT * EXCLUDE (change) FROM read_parquet('export/entries/*.parquet', union_by_name = true); -- older files have fewer columns
