data "terraform_remote_state" "foundation" {
  backend = "s3"

  config = {
    bucket = "small-dev-state-111111111111"
    key    = "dev/foundation.tfstate"
    region = "us-east-1"
  }
}

module "box" {
  source = "../../modules/box"

  name = "${data.terraform_remote_state.foundation.outputs.box_name}/access"
}
