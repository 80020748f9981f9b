"""Runs SQL files over an export, in the directory that holds it, and prints what the last statement answers as CSV.

usage: query.py FILE.sql ...
"""
import csv
import sys

import duckdb


def main(files):
    if not files:
        sys.exit(__doc__)
    connection = duckdb.connect()
    for file in files:
        with open(file, encoding="utf-8") as text:
            connection.execute(text.read())
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(column[0] for column in connection.description)
    out.writerows(connection.fetchall())


if __name__ == "__main__":
    main(sys.argv[1:])
