"""Checks the files that only Databricks reads: `check_formats.py notebook | job | resources <cloud/databricks>`.

A bundle's resources are the API's own objects, which databricks-sdk knows field by field: whatever does not come back
from there is misspelt or in the wrong place.
"""

import sys
from pathlib import Path

import nbformat
import yaml
from databricks.sdk.service.catalog import SchemaInfo, VolumeInfo
from databricks.sdk.service.jobs import JobSettings

what, folder = sys.argv[1], Path(sys.argv[2])
bundle = yaml.safe_load((folder / "databricks.yml").read_text(encoding="utf-8"))
resources = bundle["resources"]


def check_notebook():
    notebook = nbformat.read(folder / "cold-path.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")


def check_job():
    for job in resources["jobs"].values():
        assert JobSettings.from_dict(job).as_dict() == job, job["name"]
        for task in job["tasks"]:
            assert (folder / task["notebook_task"]["notebook_path"]).exists()
        clusters = {cluster["job_cluster_key"] for cluster in job["job_clusters"]}
        assert {task["job_cluster_key"] for task in job["tasks"]} <= clusters


def check_resources():
    for volume in resources["volumes"].values():
        assert VolumeInfo.from_dict(volume).as_dict() == volume
    for schema in resources["schemas"].values():
        assert SchemaInfo.from_dict(schema).as_dict() == schema
    for pattern in bundle["sync"]["include"]:
        assert list(folder.glob(pattern)), pattern
    text = (folder / "databricks.yml").read_text(encoding="utf-8")
    for name in bundle["variables"]:
        assert f"${{var.{name}}}" in text, f"{name} is not used"


{"notebook": check_notebook, "job": check_job, "resources": check_resources}[what]()
