"""Writes Terraform: values in, text out, formatted as by `terraform fmt`. No I/O."""
