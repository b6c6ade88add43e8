# edgerollout writes the values of these variables into edgerollout.auto.tfvars.json next to them;
# terraform apply attaches the version.

# Into default_cache_behavior and into every ordered_cache_behavior; not into that of /api/*.
dynamic "lambda_function_association" {
  for_each = (var.edgerollout_attached ? coalesce(var.edgerollout_function_qualified_arn) : null)[*]

  content {
    event_type   = "origin-response"
    lambda_arn   = lambda_function_association.value
    include_body = false
  }
}

variable "edgerollout_attached" {
  description = "Whether a release is attached to the behaviors; false removes the function from all of them."
  type        = bool
  default     = null

  validation {
    condition     = var.edgerollout_attached != null
    error_message = "edgerollout.auto.tfvars.json is not in this folder, or does not set edgerollout_attached. Restore it, or write it again: edgerollout publish -e testing --no-swap. To remove the function from every behavior on purpose: edgerollout detach -e testing --no-swap, or edgerollout_attached = false."
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

variable "edgerollout_command" {
  description = "The command that wrote this: publish, promote, rollback or detach."
  type        = string
  default     = null
}
