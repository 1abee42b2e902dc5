"""Says whether Spark can run here, and fetches Delta Lake's jars from Maven Central once."""

import os
import re
import shutil
import subprocess
import sys

LEAST_JAVA = 17

home = os.environ.get("JAVA_HOME")
java = os.path.join(home, "bin", "java") if home else shutil.which("java")
if java is None:
    sys.exit("Java is missing: install a Java 17 or newer, such as Debian's openjdk-17-jre-headless")
version = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
found = re.search(r'version "(\d+)', version)
if found is None or int(found[1]) < LEAST_JAVA:
    sys.exit(f"{java} is older than Java {LEAST_JAVA}, which Spark 4 needs")

try:
    from spark_session import spark_session

    spark_session().stop()
except Exception as error:
    reason = str(error).strip().splitlines()[0]
    sys.exit(f"Delta Lake's jars cannot be fetched from Maven Central, or Spark does not start: {reason}")
