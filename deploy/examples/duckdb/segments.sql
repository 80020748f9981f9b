-- What each segment has spent by month: the orders beside the customers.
SELECT segment, strftime(day, '%Y-%m') AS month, count(*) AS orders, CAST(sum(o.amount_minor) AS BIGINT) AS amount_minor
FROM orders AS o
JOIN customers USING (account)
GROUP BY ALL
ORDER BY ALL;
