"""The local Glue: jobs run their uploaded scripts, crawlers crawl, triggers and workflows chain them."""
