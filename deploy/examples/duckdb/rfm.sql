-- The segments as the report rfm tells them, beside the customers who are in them: laurelctl analytics export --report rfm
SELECT s.name AS segment, s.customers, s.sum_minor, count(c.account) AS exported, CAST(coalesce(sum(c.amount_minor), 0) AS BIGINT) AS exported_minor
FROM 'export/reports/rfm/segments/*.parquet' AS s
LEFT JOIN customers AS c ON c.segment = s.name AND c.as_of = s.as_of
WHERE s.parameters = '' AND s.as_of = (SELECT max(as_of) FROM customers)
GROUP BY ALL
HAVING s.customers > 0 OR exported > 0
ORDER BY ALL;
