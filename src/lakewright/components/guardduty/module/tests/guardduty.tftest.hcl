mock_provider "aws" {}

run "only_what_is_asked_for" {
  command = apply

  assert {
    condition     = [for name, one in aws_guardduty_detector_feature.this : name if one.status == "ENABLED"] == ["S3_DATA_EVENTS"]
    error_message = "Other protection plans are off."
  }
}

run "an_unknown_feature" {
  command = plan

  variables {
    features = ["EVERYTHING"]
  }

  expect_failures = [var.features]
}
