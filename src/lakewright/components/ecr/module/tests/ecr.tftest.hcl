mock_provider "aws" {}

variables {
  repositories = {
    jobs = {
      name             = "shop-dev-jobs"
      lifecycle_policy = "{\"rules\": []}"
    }
    scratch = {
      name             = "shop-dev-scratch"
      lifecycle_policy = "{\"rules\": []}"
      mutable          = true
    }
  }
}

run "scans_and_keeps_tags" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_scanning_configuration[0].scan_on_push])
    error_message = "Every image is scanned when it is pushed."
  }

  assert {
    condition     = aws_ecr_repository.this["jobs"].image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this["scratch"].image_tag_mutability == "MUTABLE"
    error_message = "Tags stay where they are unless a repository says otherwise."
  }

  assert {
    condition     = !aws_ecr_repository.this["jobs"].force_delete
    error_message = "A repository with images is not destroyed unless that is asked for."
  }

  assert {
    condition     = length(aws_ecr_lifecycle_policy.this) == 2
    error_message = "Every repository is cleaned up."
  }
}

run "encrypts_with_the_given_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/11111111-1111-1111-1111-111111111111"
  }

  assert {
    condition     = aws_ecr_repository.this["jobs"].encryption_configuration[0].encryption_type == "KMS"
    error_message = "The given key encrypts the images."
  }
}

run "refuses_upper_case" {
  command = plan

  variables {
    repositories = {
      jobs = {
        name             = "Shop-Jobs"
        lifecycle_policy = "{\"rules\": []}"
      }
    }
  }

  expect_failures = [var.repositories]
}

run "refuses_a_policy_without_rules" {
  command = plan

  variables {
    repositories = {
      jobs = {
        name             = "shop-dev-jobs"
        lifecycle_policy = "{}"
      }
    }
  }

  expect_failures = [var.repositories]
}
