mock_provider "aws" {}

variables {
  bucket        = "shop-dev-state-111111111111"
  alias         = "shop-dev-state"
  bucket_policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  key_policy    = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
}

run "versioned_private_and_encrypted" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "An earlier state must be there to go back to."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule : rule.apply_server_side_encryption_by_default[0].sse_algorithm] == ["aws:kms"]
    error_message = "State is encrypted with the key."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "State is never public."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].newer_noncurrent_versions == 10
    error_message = "The ten last versions stay however old they are."
  }
}

run "refuses_a_name_with_capitals" {
  command = plan

  variables {
    bucket = "Shop-State"
  }

  expect_failures = [var.bucket]
}
