locals {
  # Every random part of every secret on its own: "secret/part".
  parts = merge([for key, secret in var.secrets : { for part in secret.random : "${key}/${part}" => secret }]...)

  # Secrets that the function made here rotates.
  rotated = toset([for key, secret in var.secrets : key if secret.rotation == null ? false : secret.rotation.function_arn == null])
}

ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = local.parts

  password_length            = each.value.length
  exclude_punctuation        = !each.value.punctuation
  exclude_characters         = each.value.without
  require_each_included_type = true
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  name                    = each.value.name
  description             = each.value.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_in_days
}

# The value goes to Secrets Manager and nowhere else: it is write-only, so neither plan nor state holds it.
# A new value is made here only when the secret's version is raised; what rotation makes since is none of Terraform's.
resource "aws_secretsmanager_secret_version" "this" {
  for_each = { for key, secret in var.secrets : key => secret if length(secret.random) > 0 }

  secret_id = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo = jsonencode(merge(each.value.values, {
    for part in each.value.random : part => ephemeral.aws_secretsmanager_random_password.this["${each.key}/${part}"].random_password
  }))
  secret_string_wo_version = each.value.version
}

resource "aws_secretsmanager_secret_policy" "this" {
  for_each = { for key, secret in var.secrets : key => secret if secret.policy != null }

  secret_arn          = aws_secretsmanager_secret.this[each.key].arn
  policy              = each.value.policy
  block_public_policy = true
}

resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = { for key, secret in var.secrets : key => secret if secret.rotation != null }

  secret_id           = aws_secretsmanager_secret.this[each.key].id
  rotation_lambda_arn = contains(local.rotated, each.key) ? aws_lambda_function.rotation[0].arn : each.value.rotation.function_arn
  rotate_immediately  = false

  rotation_rules {
    automatically_after_days = each.value.rotation.days
  }

  depends_on = [aws_secretsmanager_secret_version.this, aws_lambda_permission.rotation]
}
