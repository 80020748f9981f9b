-- What each segment has spent by category, and the margin of that part of it whose cost is known.
SELECT segment, category, count(DISTINCT (merchant, order_id)) AS orders, CAST(sum(l.amount_minor) AS BIGINT) AS amount_minor,
    CAST(coalesce(sum(l.amount_minor) FILTER (costed), 0) AS BIGINT) AS costed_minor, CAST(sum(margin_minor) AS BIGINT) AS margin_minor
FROM lines AS l
JOIN customers USING (account)
GROUP BY ALL
ORDER BY ALL;
