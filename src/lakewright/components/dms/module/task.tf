# Neither is started here: starting, stopping and resuming are operations, not states of the infrastructure.

resource "aws_dms_replication_task" "this" {
  count = local.instance ? 1 : 0

  replication_task_id       = "${var.name}-task"
  migration_type            = "full-load-and-cdc"
  replication_instance_arn  = aws_dms_replication_instance.this[0].replication_instance_arn
  source_endpoint_arn       = aws_dms_endpoint.source.endpoint_arn
  target_endpoint_arn       = aws_dms_s3_endpoint.target.endpoint_arn
  table_mappings            = var.table_mappings
  replication_task_settings = var.task_settings
  start_replication_task    = false
}

resource "aws_dms_replication_config" "this" {
  count = local.instance ? 0 : 1

  replication_config_identifier = "${var.name}-task"
  resource_identifier           = "${var.name}-task"
  replication_type              = "full-load-and-cdc"
  source_endpoint_arn           = aws_dms_endpoint.source.endpoint_arn
  target_endpoint_arn           = aws_dms_s3_endpoint.target.endpoint_arn
  table_mappings                = var.table_mappings
  replication_settings          = var.task_settings
  start_replication             = false

  compute_config {
    replication_subnet_group_id = aws_dms_replication_subnet_group.this.id
    vpc_security_group_ids      = [aws_security_group.this.id]
    min_capacity_units          = var.capacity.least
    max_capacity_units          = var.capacity.most
    multi_az                    = var.multi_az
    kms_key_id                  = var.kms_key_arn
  }
}
