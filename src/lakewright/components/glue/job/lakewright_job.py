"""The script of every job: runs the models that its arguments name. --additional-python-modules brings the package."""

import os
import sys

from lakewright.pipeline.glue_job import main

code = main(sys.argv[1:], os.environ)
if code:
    sys.exit(code)  # Glue takes any SystemExit, even of 0, for a failure
