"""The local ECS: containers of Lakewright itself run as processes of this machine; other images do not."""
