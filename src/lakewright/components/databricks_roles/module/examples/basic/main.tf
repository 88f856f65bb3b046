module "roles" {
  source = "../.."

  roles = {
    instances = {
      name             = "shop-dev-instances"
      description      = "What clusters' machines may"
      instance_profile = true

      trust_policy = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid       = "Machines"
          Effect    = "Allow"
          Principal = { Service = "ec2.amazonaws.com" }
          Action    = "sts:AssumeRole"
        }]
      })

      policies = {
        read = jsonencode({
          Version   = "2012-10-17"
          Statement = [{ Sid = "Read", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::shop-raw/*" }]
        })
      }
    }
  }
}
