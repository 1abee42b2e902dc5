# Databricks notebook source
# MAGIC %md
# MAGIC # Cold path: from CSV files to tables
# MAGIC
# MAGIC Takes in the files of the archive that have come or grown since the last run, and brings the tables up to date:
# MAGIC `readings` (each once), `rejects` (with file, line and reason), `hourly`, `daily`, `weekly`, `monthly` (minimum,
# MAGIC mean, maximum per meter) and `device_summary` (count and average per meter).
# MAGIC
# MAGIC Running it again changes nothing; a run that was interrupted is made good by the next. What the steps do stands in
# MAGIC `steps/*.sql`, one file each. They run on DuckDB as well; `dialects/` holds what differs.

# COMMAND ----------

import os
import re
from pathlib import Path

from pyspark.sql import functions as F

# COMMAND ----------

# MAGIC %md
# MAGIC ## Parameters
# MAGIC
# MAGIC - `archive`: the folder with the CSV files, as `abfss://archive@<account>.dfs.core.windows.net/readings` below an
# MAGIC   external location of Unity Catalog, or as `/Volumes/<catalog>/<schema>/<volume>/readings`
# MAGIC - `catalog`, `schema`: where the tables are; the schema is made when it is missing
# MAGIC - `checkpoints`: a folder in a volume; Auto Loader remembers in it which files it has found
# MAGIC - `files_per_batch`: how many files are taken in at once

# COMMAND ----------

dbutils.widgets.text("archive", "")
dbutils.widgets.text("catalog", "main")
dbutils.widgets.text("schema", "cold_path")
dbutils.widgets.text("checkpoints", "")
dbutils.widgets.text("files_per_batch", "2000")


def parameter(name):
    value = dbutils.widgets.get(name).strip()
    if value == "":
        raise ValueError(f"The parameter {name} is empty. What it takes stands above.")
    return value


ARCHIVE = parameter("archive").rstrip("/") + "/"
CHECKPOINTS = parameter("checkpoints").rstrip("/")
FILES_PER_BATCH = int(parameter("files_per_batch"))

spark.conf.set("spark.sql.session.timeZone", "UTC")
spark.catalog.setCurrentCatalog(parameter("catalog"))
spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{parameter('schema')}`")
spark.catalog.setCurrentDatabase(parameter("schema"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The SQL files beside this notebook


# COMMAND ----------


def run_sql(path):
    """Runs the statements of a file; each ends with a semicolon at the end of a line."""
    sql = re.sub(r"(?m)^\s*--.*$", "", Path(path).read_text(encoding="utf-8"))
    for statement in re.split(r"(?m);\s*$", sql):
        if statement.strip() != "":
            spark.sql(statement)


TABLES, *STEPS = sorted(Path("steps").glob("*.sql"))
run_sql(TABLES)

# COMMAND ----------

# MAGIC %md
# MAGIC ## How the large tables are laid out
# MAGIC
# MAGIC A run touches a few hours of some meters. Liquid clustering by what `MERGE` and `DELETE` look for lets them skip the
# MAGIC rest of a table. `seq` counts up per meter, so that clustering by it is clustering by time as well.

# COMMAND ----------

CLUSTERING = {"archive_lines": ["file"], "readings": ["id", "seq"]}

for table, columns in CLUSTERING.items():
    if spark.sql(f"DESCRIBE DETAIL {table}").first()["clusteringColumns"] != columns:
        spark.sql(f"ALTER TABLE {table} CLUSTER BY ({', '.join(columns)})")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Which files have come or grown
# MAGIC
# MAGIC Stream Analytics appends to a blob while its hour lasts. So Auto Loader finds the files, with `allowOverwrites`, and
# MAGIC writes down what it found; a file that has grown is found again. Their lines are read below, file by file, because
# MAGIC a line has a number only within its file.


# COMMAND ----------


def found_files():
    """The stream of files: Auto Loader, or Spark's own file source where that is not at hand."""
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        reader = (
            spark.readStream.format("cloudFiles")
            .option("cloudFiles.format", "binaryFile")
            .option("cloudFiles.allowOverwrites", "true")
        )
    else:
        columns = "path STRING, modificationTime TIMESTAMP, length BIGINT, content BINARY"
        reader = spark.readStream.format("binaryFile").schema(columns)
    return (
        reader.option("pathGlobFilter", "*.[cC][sS][vV]")
        .option("recursiveFileLookup", "true")
        .load(ARCHIVE)
        .select("path", "modificationTime", "length")
    )


(
    found_files()
    .writeStream.option("checkpointLocation", f"{CHECKPOINTS}/archive_arrivals")
    .trigger(availableNow=True)
    .toTable("archive_arrivals")
    .awaitTermination()
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Taking them in
# MAGIC
# MAGIC Batch by batch: a file counts as taken in when all steps are done with it, so that an interrupted batch comes again.


# COMMAND ----------


def below_archive(path):
    """A column of paths, below the archive's folder."""
    return F.substr(path, F.instr(path, ARCHIVE) + len(ARCHIVE))


def pending_files():
    """The latest version of each file that is not taken in."""
    latest = F.max(F.struct("modificationTime", "length"))
    found = (
        spark.table("archive_arrivals")
        .groupBy("path")
        .agg(latest.alias("latest"))
        .select(
            "path",
            below_archive(F.col("path")).alias("file"),
            F.col("latest.length").alias("size"),
            F.col("latest.modificationTime").alias("modified"),
        )
    )
    return found.join(spark.table("archive_files"), ["file", "size", "modified"], "left_anti")


def read_lines(paths):
    """The lines of files, with what tells their order in a file however it is split."""
    decoded_path = F.url_decode(F.replace(F.col("_metadata.file_path"), F.lit("+"), F.lit("%2B")))
    return (
        spark.read.format("text")
        .option("lineSep", "\n")
        .option("recursiveFileLookup", "true")
        .load(paths)
        .select(
            below_archive(decoded_path).alias("file"),
            "value",
            F.col("_metadata.file_block_start").alias("block_start"),
            F.monotonically_increasing_id().alias("place"),
        )
    )


def take_in(batch):
    """Takes in files, as many as there are in one batch; how many these were."""
    files = batch.orderBy("file").collect()
    if files:
        # A table, because archive_files, which says what is pending, changes in the last step.
        batch.select("file", "size", "modified").write.mode("overwrite").saveAsTable("batch_files")
        read_lines([file["path"] for file in files]).createOrReplaceTempView("read_lines")
        run_sql("dialects/spark.sql")
        for step in STEPS:
            run_sql(step)
        spark.sql("DROP TABLE batch_files")
        print(f"{len(files)} files taken in, up to {files[-1]['file']}")
    return len(files)


while take_in(pending_files().orderBy("file").limit(FILES_PER_BATCH)) > 0:
    pass

# COMMAND ----------

# MAGIC %md
# MAGIC ## What there is now

# COMMAND ----------

records = spark.table("archive_files").agg(F.coalesce(F.sum("records"), F.lit(0))).first()[0]
readings, rejects = spark.table("readings").count(), spark.table("rejects").count()
print(f"{records} records, {records - readings - rejects} repeats, {rejects} rejects, {readings} readings")

display(spark.table("rejects").groupBy("reason").count().orderBy(F.desc("count"), "reason"))
display(spark.table("device_summary").orderBy("id"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Averages by meter
# MAGIC
# MAGIC The mean of all readings, and the lowest and the highest of its days as a line.

# COMMAND ----------

import matplotlib.pyplot as plt

MOST_METERS = 60

averages = spark.sql(f"""
    SELECT s.id, s.average, min(d.average) AS lowest, max(d.average) AS highest
    FROM device_summary AS s INNER JOIN daily AS d ON s.id = d.id
    GROUP BY s.id, s.average ORDER BY s.id LIMIT {MOST_METERS}
""").collect()

figure, axes = plt.subplots(figsize=(max(6, len(averages) / 3), 4), layout="constrained")
meters = [row["id"] for row in averages]
axes.vlines(meters, [row["lowest"] for row in averages], [row["highest"] for row in averages], color="#9aa5b1")
axes.plot(meters, [row["average"] for row in averages], "o", color="#0f6cbd")
axes.set_ylabel("°F")
axes.set_title("Average temperature by meter, with the range of its days")
axes.tick_params(axis="x", rotation=90)
axes.spines[["top", "right"]].set_visible(False)
display(figure)
plt.close(figure)
