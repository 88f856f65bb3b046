module "private_access" {
  source = "../.."

  name       = "shop-live"
  account_id = "00000000-0000-0000-0000-000000000000"
  region     = "us-east-1"

  endpoints = {
    "nonprod/rest"  = "vpce-0aaaaaaaaaaaaaaaa"
    "nonprod/relay" = "vpce-0bbbbbbbbbbbbbbbb"
    "dmz/front_end" = "vpce-0cccccccccccccccc"
  }

  settings = { nonprod = ["nonprod/rest", "dmz/front_end"] }
}
