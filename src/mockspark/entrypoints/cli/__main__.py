"""Run the command line with `python -m mockspark.entrypoints.cli`."""

from mockspark.entrypoints.cli import run

run()
