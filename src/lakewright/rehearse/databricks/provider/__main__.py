"""`python -m lakewright.rehearse.databricks.provider`: what Terraform starts as its plugin."""

from lakewright.rehearse.databricks.provider.serve import main

if __name__ == "__main__":
    main()
