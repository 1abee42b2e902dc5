"""Spark with Delta Lake, as small as it goes: two threads, 2 GB, no web page."""

import glob
import os

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

OPTIONS = {
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # In Databricks a table is a Delta table unless it says otherwise.
    "spark.sql.sources.default": "delta",
    # Small data: many partitions and compiled queries would only cost time.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
}



def spark_session(warehouse=None):
    """Downloads Delta Lake's jars into the Python environment when they are not there yet."""
    builder = SparkSession.builder.master("local[2]")
    for name, value in OPTIONS.items():
        builder = builder.config(name, value)
    if warehouse is not None:
        builder = builder.config("spark.sql.warehouse.dir", warehouse)
    ivy = os.path.join(os.environ["PYTHON_ENVIRONMENT"], "ivy")
    jars = glob.glob(os.path.join(ivy, "jars", "*.jar"))
    if jars:
        builder = builder.config("spark.jars", ",".join(sorted(jars)))
    else:
        builder = configure_spark_with_delta_pip(builder.config("spark.jars.ivy", ivy))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
