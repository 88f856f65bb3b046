"""`python -m lakewright` is the `lakewright` program."""

from lakewright.cli import main

main()
