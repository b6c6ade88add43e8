variable "function_name" {
  description = "The function's name: function.name of edgerollout.toml."
  type        = string
}

variable "role_name" {
  description = "The execution role's name: function.role of edgerollout.toml."
  type        = string
}

variable "role_arn" {
  description = "An execution role that is there already and stays as it is; null: one is made."
  type        = string
  default     = null
}

variable "role_path" {
  description = "The path of the role that is made: begins and ends with a slash. edgerollout finds the role by its name."
  type        = string
  default     = "/"
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds the role that is made; null for none."
  type        = string
  default     = null
}

variable "role_tags" {
  description = "Tags of the role that is made."
  type        = map(string)
  default     = {}
}

variable "tags" {
  description = "Tags that the function is made with."
  type        = map(string)
  default     = {}
}

variable "runtime" {
  description = "The runtime at first; releases bring their own."
  type        = string
}

variable "handler" {
  description = "The entry point at first, FILE.FUNCTION; releases bring their own."
  type        = string
}

variable "memory_size" {
  description = "Memory at first, in MB; releases bring their own. Viewer events allow 128."
  type        = number
  default     = 128
}

variable "timeout" {
  description = "Timeout at first, in seconds; releases bring their own."
  type        = number
  default     = 3
}
