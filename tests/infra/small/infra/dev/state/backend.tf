terraform {
  backend "s3" {
    bucket       = "small-dev-state-111111111111"
    key          = "dev/state.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}
