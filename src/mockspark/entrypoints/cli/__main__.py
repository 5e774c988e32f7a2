"""Run the command line with `python -m mockspark.entrypoints.cli`."""

import sys

from mockspark.entrypoints.cli import main

sys.exit(main())
