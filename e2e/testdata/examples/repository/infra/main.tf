terraform {
  backend "s3" {
    bucket = "octo-state"
  }
}
