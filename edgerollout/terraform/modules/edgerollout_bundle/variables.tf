variable "config_dir" {
  description = "The folder with edgerollout.toml and policy.toml."
  type        = string
}

variable "environment" {
  description = "The environment of edgerollout.toml whose handler and policy are in the bundle."
  type        = string
}

variable "file" {
  description = "Where the zip is written. It need not be kept, nor put under version control."
  type        = string
}
