module "box" {
  source = "../../modules/box"

  name = "/small/foundation"
}

output "box_name" {
  description = "The log group."
  value       = module.box.name
}
