"""Turns the Parquet files of The Complete Journey (84.51) into order CSV for laurel replay and laurelctl orders publish, oldest
first: a basket is an order, a product in it a line, its department the category. The data are simulated, based on real shopping.

usage: orders.py FILES OUT [EVERY]

FILES holds transactions.parquet, products.parquet, campaigns.parquet. OUT gets orders.csv, and for each of the three campaigns of
Type A the households that were targeted and those that were not (campaign-18-targeted.txt, campaign-18-others.txt). With
EVERY, only each EVERY-th household is taken.
"""
import os
import sys

import duckdb

# Rows, households, baskets, cents of all that there is: other data are refused.
KNOWN = (1469307, 2469, 155848, 459603958)
CAMPAIGNS = (8, 13, 18)

# sales_value is what the shop receives: a double within 1e-11 of a whole cent. transaction_timestamp is UTC without a zone (as
# INT96): written as UTC, and the programme's zone, America/New_York, says on which day it was. Fuel is not counted in pieces: its
# quantity, up to 89,638, says nothing; 0 is for such goods. Some products are not in products.parquet.
ORDERS = """
COPY (
    SELECT basket_id AS order_id, household_id AS account, strftime(transaction_timestamp, '%Y-%m-%dT%H:%M:%SZ') AS occurred_at,
        'paid' AS kind, 'USD' AS currency, product_id AS sku, coalesce(lower(department), 'unknown') AS category,
        CASE WHEN department = 'FUEL' THEN 0 ELSE quantity END AS quantity, printf('%d.%02d', cents // 100, cents % 100) AS amount,
        'store-' || store_id AS channel, coalesce(lower(brand), '') AS brand
    FROM (SELECT *, CAST(round(sales_value * 100) AS BIGINT) AS cents FROM taken) LEFT JOIN products USING (product_id)
    ORDER BY transaction_timestamp, basket_id, product_id
) TO '{out}' (HEADER, DELIMITER ',')
"""

HOUSEHOLDS = """
COPY (
    SELECT DISTINCT household_id FROM taken
    WHERE household_id {which} (SELECT household_id FROM campaigns WHERE campaign_id = {campaign}) ORDER BY ALL
) TO '{out}' (HEADER false)
"""


def main(files, out, every=1):
    connection = duckdb.connect()
    for table in ("transactions", "products", "campaigns"):
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{os.path.join(files, table)}.parquet'")
    found = connection.execute("""
        SELECT count(*), count(DISTINCT household_id), count(DISTINCT basket_id), sum(CAST(round(sales_value * 100) AS BIGINT))
        FROM transactions""").fetchone()
    if found != KNOWN:
        sys.exit(f"orders.py: {files} has {found} rows, households, baskets, cents; known are {KNOWN}")
    connection.execute(f"CREATE VIEW taken AS SELECT * FROM transactions WHERE household_id % {int(every)} = 0")
    os.makedirs(out, exist_ok=True)
    write(connection, ORDERS, os.path.join(out, "orders.csv"))
    for campaign in CAMPAIGNS:
        for name, which in (("targeted", "IN"), ("others", "NOT IN")):
            path = os.path.join(out, f"campaign-{campaign}-{name}.txt")
            write(connection, HOUSEHOLDS, path, campaign=campaign, which=which)


def write(connection, query, path, **values):
    """Writes a file, which stands under its name when it is whole."""
    part = f"{path}.part-{os.getpid()}"
    connection.execute(query.format(out=part, **values))
    os.replace(part, path)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
