#!/bin/sh
# The AWS CLI: start a query, wait for it, print its rows as JSON.
#   sh aws_cli.sh "SELECT …"
set -eu
id=$(aws athena start-query-execution --work-group primary --query-string "$1" --query QueryExecutionId --output text)
while :; do
  state=$(aws athena get-query-execution --query-execution-id "$id" --query QueryExecution.Status.State --output text)
  case $state in
    SUCCEEDED) break ;;
    FAILED | CANCELLED)
      aws athena get-query-execution --query-execution-id "$id" --query QueryExecution.Status --output text >&2
      exit 1
      ;;
  esac
  sleep 0.2
done
printf '{"aws_cli": '
aws athena get-query-results --query-execution-id "$id" --output json --query 'ResultSet.Rows[1:].Data[*].VarCharValue' | tr -d '\n'
echo '}'
