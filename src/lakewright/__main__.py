"""`python -m lakewright` is `lakewright`."""

from lakewright.cli import main

main()
