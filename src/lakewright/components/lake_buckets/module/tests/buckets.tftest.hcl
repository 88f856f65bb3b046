mock_provider "aws" {}

variables {
  account     = "111111111111"
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
  log_bucket  = "access-logs"

  buckets = {
    bronze = {
      bucket    = "shop-dev-bronze-111111111111"
      lifecycle = { age = { transitions = { STANDARD_IA = 90, GLACIER = 180 }, expire_noncurrent_after = 30 } }
    }
    access-logs = {
      bucket     = "shop-dev-access-logs-111111111111"
      encryption = "s3"
      versioning = false
    }
  }
}

run "private_encrypted_and_kept" {
  command = plan

  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "No bucket may be public."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_server_side_encryption_configuration.this["bronze"].rule : rule.apply_server_side_encryption_by_default[0].sse_algorithm] == ["aws:kms"]
    error_message = "Bronze must be encrypted with the key."
  }

  assert {
    condition     = keys(aws_s3_bucket_versioning.this) == ["bronze"] && keys(aws_s3_bucket_logging.this) == ["bronze"]
    error_message = "Bronze has versions and access logs, the log bucket neither."
  }

  assert {
    condition     = !aws_s3_bucket.this["bronze"].force_destroy
    error_message = "Data must not go with its bucket unless somebody says so."
  }
}

run "policies_demand_tls_and_the_key" {
  command = plan

  assert {
    condition     = alltrue([for policy in aws_s3_bucket_policy.this : jsondecode(policy.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"])
    error_message = "Every bucket must refuse requests without TLS."
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.this["bronze"].policy).Statement : statement.Sid] == ["TlsOnly", "KmsOnly", "OwnKeyOnly"]
    error_message = "Bronze must refuse another encryption and another key."
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.this["access-logs"].policy).Statement : statement.Sid] == ["TlsOnly", "AccessLogs"]
    error_message = "Only S3's log delivery may be allowed to write logs."
  }
}

run "adds_statements_of_its_user" {
  command = plan

  variables {
    buckets = {
      bronze = {
        bucket = "shop-dev-bronze-111111111111"
        policy = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"Partner\", \"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::222222222222:root\"}, \"Action\": [\"s3:GetObject\"], \"Resource\": [\"arn:aws:s3:::shop-dev-bronze-111111111111/*\"]}]}"
      }
    }
    log_bucket = null
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_s3_bucket_policy.this["bronze"].policy).Statement : statement.Sid], "Partner")
    error_message = "The given statement must be in the policy."
  }
}

run "refuses_two_of_a_name" {
  command = plan

  variables {
    buckets = {
      one = { bucket = "shop-dev-one" }
      two = { bucket = "shop-dev-one" }
    }
    log_bucket = null
  }

  expect_failures = [var.buckets]
}

run "refuses_a_reserved_name" {
  command = plan

  variables {
    buckets    = { one = { bucket = "shop-dev-s3alias" } }
    log_bucket = null
  }

  expect_failures = [var.buckets]
}

run "refuses_early_infrequent_access" {
  command = plan

  variables {
    buckets    = { one = { bucket = "shop-dev-one", lifecycle = { age = { transitions = { STANDARD_IA = 20 } } } } }
    log_bucket = null
  }

  expect_failures = [var.buckets]
}

run "refuses_an_archive_before_its_time" {
  command = plan

  variables {
    buckets    = { one = { bucket = "shop-dev-one", lifecycle = { age = { transitions = { STANDARD_IA = 90, GLACIER = 100 } } } } }
    log_bucket = null
  }

  expect_failures = [var.buckets]
}

run "refuses_expiry_before_transition" {
  command = plan

  variables {
    buckets    = { one = { bucket = "shop-dev-one", lifecycle = { age = { transitions = { GLACIER = 90 }, expire_after = 60 } } } }
    log_bucket = null
  }

  expect_failures = [var.buckets]
}

run "refuses_a_log_bucket_with_a_key" {
  command = plan

  variables {
    buckets    = { logs = { bucket = "shop-dev-logs" } }
    log_bucket = "logs"
  }

  expect_failures = [var.log_bucket]
}
