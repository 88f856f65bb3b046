"""The roles that people take, and what they may ask of Athena, Glue and Lake Formation."""
