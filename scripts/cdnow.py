#!/usr/bin/env python3
"""Turns the CDNOW files into Laurel's order CSV (one row a line item), oldest first, and checks them on the way.

usage: cdnow.py master|sample SOURCE DESTINATION

The row number is the only safe key of an order: 255 rows repeat an earlier one in all columns and are real orders.
"""
import os
import sys

HEADER = "order_id,account,occurred_at,kind,currency,sku,category,quantity,amount\n"
# kind: (lines before the first row, column of the date, prefix of the order id, rows, customers, units, cents)
KINDS = {
    "master": (1, 1, "cdnow-", 69659, 23570, 167881, 250031563),
    "sample": (0, 2, "cdnow-sample-", 6919, 2357, 16479, 24409194),
}


def cents(text):
    whole, point, decimals = text.partition(".")
    if not (point and len(decimals) == 2 and (whole + decimals).isdigit()):
        sys.exit(f"cdnow.py: {text} is no amount with two decimals")
    return int(whole + decimals)


def rows(source, skip, date_column):
    """Yields (date, row number, account, units, dollars); amounts stay text."""
    with open(source, encoding="ascii") as file:
        for number, line in enumerate(file, start=1 - skip):
            if number < 1:
                continue
            columns = line.split()
            date, units, dollars = columns[date_column:]
            yield f"{date[:4]}-{date[4:6]}-{date[6:]}", number, columns[0], units, dollars


def convert(kind, source, destination):
    skip, date_column, prefix, *wanted = KINDS[kind]
    orders = sorted(rows(source, skip, date_column), key=lambda order: order[:2])
    found = [len(orders), len({order[2] for order in orders}), sum(int(order[3]) for order in orders),
             sum(cents(order[4]) for order in orders)]
    if found != wanted:
        sys.exit(f"cdnow.py: {source} has {found} rows, customers, units, cents; known are {wanted}")
    part = f"{destination}.part-{os.getpid()}"
    with open(part, "w", encoding="ascii", newline="\n") as file:
        file.write(HEADER)
        for date, number, account, units, dollars in orders:
            file.write(f"{prefix}{number},{account},{date},paid,USD,cd,music,{units},{dollars}\n")
    os.replace(part, destination)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in KINDS:
        sys.exit(__doc__)
    convert(*sys.argv[1:])
