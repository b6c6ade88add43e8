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

variable "filename" {
  description = "The zip that the function is made from; read once."
  type        = string
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
