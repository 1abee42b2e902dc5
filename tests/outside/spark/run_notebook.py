"""Runs the notebook as it is, again and again in one Spark session: `run_notebook.py <notebook> <warehouse>`.

Each line of standard input is a JSON object: `parameters` of the notebook, `answer`, a file that gets the tables as JSON,
and `picture`, one that gets the figure. Standard output says `done` or `failed` for each. The time zone
of the process is UTC.
"""

import json
import os
import sys
import traceback
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import matplotlib

matplotlib.use("agg")

from matplotlib.figure import Figure
from spark_session import spark_session

TABLES = [
    "archive_lines", "archive_files", "readings", "rejects",
    "hourly", "daily", "weekly", "monthly", "device_summary",
]  # fmt: skip


class Widgets:
    """`dbutils.widgets` with the parameters of a job."""

    def __init__(self, parameters):
        self.parameters = parameters

    def text(self, name, default):
        self.parameters.setdefault(name, default)

    def get(self, name):
        return self.parameters[name]


class Utilities:
    """`dbutils`, as far as the notebook uses it."""

    def __init__(self, parameters):
        self.widgets = Widgets(parameters)


def plain(value):
    """Instants as microseconds since 1970, decimals as they are written."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def run(spark, source, request):
    shown = []
    notebook = {
        "spark": spark,
        "dbutils": Utilities(request["parameters"]),
        "display": shown.append,
        "print": lambda *words: print(*words, file=sys.stderr),
    }
    exec(compile(source, "cold-path.py", "exec"), notebook)
    for figure in (each for each in shown if isinstance(each, Figure)):
        figure.savefig(request["picture"])
    tables = {
        name: [[plain(value) for value in row] for row in spark.table(name).collect()]
        for name in TABLES
    }
    versions = {
        name: spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").first()["version"] for name in TABLES
    }
    answer = {"tables": tables, "versions": versions, "shown": len(shown)}
    Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def main():
    notebook, warehouse = Path(sys.argv[1]).resolve(), sys.argv[2]
    # In Databricks the working directory is the notebook's folder.
    os.chdir(notebook.parent)
    spark = spark_session(warehouse)
    source = notebook.read_text(encoding="utf-8")
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            run(spark, source, json.loads(line))
            print("done", flush=True)
        except Exception:
            traceback.print_exc()
            print("failed", flush=True)


main()
