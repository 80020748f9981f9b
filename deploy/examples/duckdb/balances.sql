-- What each account has by its entries, as laurelctl account show says; off is 0 if both sides of all entries are there.
SELECT account, unit, count(*) AS entries, CAST(sum(active_points) AS BIGINT) AS active, CAST(sum(pending_points) AS BIGINT) AS pending,
    CAST(sum(held_points) AS BIGINT) AS held, CAST(-sum(debt_points) AS BIGINT) AS owed,
    CAST(sum(active_points + pending_points + held_points + debt_points + issued_points + redeemed_points + expired_points + adjusted_points
        + forgiven_points + in_transit_points + fees_points + imported_points + donated_points) AS BIGINT) AS off
FROM entries
WHERE unit <> ''
GROUP BY ALL
ORDER BY ALL;
