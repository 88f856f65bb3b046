"""Pure decisions about who may do what: IAM policies as AWS evaluates them."""
