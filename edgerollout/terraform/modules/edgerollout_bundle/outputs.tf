output "file" {
  description = "The zip, once it is there."
  value       = terraform_data.bundle.output.file
}
