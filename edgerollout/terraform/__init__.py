"""Writes Terraform: values in, text out, formatted as `terraform fmt` would. Runs nothing, reads nothing."""
