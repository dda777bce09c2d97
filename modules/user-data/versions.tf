# Text in, text out: this module needs no provider.
terraform {
  required_version = ">= 1.9"
}
