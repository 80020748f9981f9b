-- What the best fifth of the customers spends, and the Gini of all: the report pareto, from the orders.
WITH spent AS (
    SELECT account, sum(amount_minor) AS x FROM orders GROUP BY account
), ranked AS (
    SELECT x, row_number() OVER (ORDER BY x DESC, account) AS best, row_number() OVER (ORDER BY x, account DESC) AS i,
        count(*) OVER () AS n, sum(x) OVER () AS total
    FROM spent
)
SELECT any_value(n) AS customers, CAST(any_value(total) AS BIGINT) AS total_minor,
    CAST(sum(x) FILTER (best <= ceil(n / 5)) AS BIGINT) AS top_minor,
    printf('%.9f', 2 * sum(i * x) / (any_value(n) * any_value(total)) - (any_value(n) + 1) / any_value(n)) AS gini
FROM ranked;
