# edgerollout writes the values of these variables into edgerollout.auto.tfvars.json beside them;
# terraform apply attaches the version.

# Into default_cache_behavior and into every ordered_cache_behavior; not into that of /api/*.
dynamic "lambda_function_association" {
  for_each = var.edgerollout_function_qualified_arn[*]

  content {
    event_type   = "origin-response"
    lambda_arn   = lambda_function_association.value
    include_body = false
  }
}

variable "edgerollout_function_qualified_arn" {
  description = "The version to attach to the behaviors, by its ARN with the number; null for none."
  type        = string
  default     = null
}

variable "edgerollout_release" {
  description = "The release that this version is; null for none."
  type        = number
  default     = null
}

variable "edgerollout_stage" {
  description = "The stage of its policy: report-only or enforced."
  type        = string
  default     = null
}
