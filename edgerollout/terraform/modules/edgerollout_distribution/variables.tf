variable "function_qualified_arn" {
  description = "The version to attach, arn:aws:lambda:us-east-1:…:function:NAME:NUMBER; null for none. Never $LATEST or an alias: CloudFront refuses both."
  type        = string
  default     = null
}

variable "event_type" {
  description = "Where the headers are set: origin-response, or viewer-response."
  type        = string
  default     = "origin-response"
}

variable "response_headers_policy_id" {
  description = "The response headers policy of the release to attach; null for none. edgerollout makes it: never a policy of Terraform's, whose edits reach every distribution at once."
  type        = string
  default     = null
}

variable "response_headers_policy_variants" {
  description = "For each policy of your own on a behavior, by its id: the release's policy that says what it says, too."
  type        = map(string)
  default     = {}
}

variable "exclude" {
  description = "Path patterns of behaviors that get neither; the default one is called Default (*)."
  type        = set(string)
  default     = []
}

variable "aliases" {
  description = "Host names of the site."
  type        = set(string)
  default     = []
}

variable "comment" {
  description = "Shown in the console."
  type        = string
  default     = null
}

variable "continuous_deployment_policy_id" {
  description = "A continuous deployment policy, by its id."
  type        = string
  default     = null
}

variable "default_root_object" {
  description = "The object for /, such as index.html."
  type        = string
  default     = null
}

variable "enabled" {
  description = "Whether visitors are served."
  type        = bool
  default     = true
}

variable "http_version" {
  description = "http1.1, http2, http3 or http2and3."
  type        = string
  default     = "http2"
}

variable "is_ipv6_enabled" {
  description = "Whether it answers over IPv6."
  type        = bool
  default     = false
}

variable "price_class" {
  description = "PriceClass_100, PriceClass_200 or PriceClass_All."
  type        = string
  default     = "PriceClass_All"
}

variable "tags" {
  description = "Tags of the distribution."
  type        = map(string)
  default     = {}
}

variable "wait_for_deployment" {
  description = "Whether apply waits until CloudFront has carried the change to every edge. Where not, `edgerollout wait` does."
  type        = bool
  default     = true
}

variable "web_acl_id" {
  description = "An AWS WAF web ACL: its ARN, or its id for WAF Classic."
  type        = string
  default     = null
}

variable "origins" {
  description = "Where content comes from. S3: origin_access_identity (empty with an origin access control). Elsewhere: custom_origin or vpc_origin."
  type = list(object({
    origin_id                = string
    domain_name              = string
    origin_path              = optional(string)
    origin_access_control_id = optional(string)
    origin_access_identity   = optional(string)
    connection_attempts      = optional(number)
    connection_timeout       = optional(number)
    origin_shield_region     = optional(string)
    custom_headers = optional(list(object({
      name  = string
      value = string
    })), [])
    custom_origin = optional(object({
      http_port         = optional(number, 80)
      https_port        = optional(number, 443)
      protocol_policy   = string
      ssl_protocols     = set(string)
      read_timeout      = optional(number)
      keepalive_timeout = optional(number)
    }))
    vpc_origin = optional(object({
      vpc_origin_id     = string
      read_timeout      = optional(number)
      keepalive_timeout = optional(number)
    }))
  }))
}

variable "origin_groups" {
  description = "Failover: the second member is asked where the first answers one of the status codes."
  type = list(object({
    origin_id    = string
    status_codes = set(number)
    members      = list(string)
  }))
  default = []
}

variable "default_cache_behavior" {
  description = "What no path pattern matches. lambda_functions are those of others: ours is added."
  type = object({
    target_origin_id           = string
    viewer_protocol_policy     = string
    allowed_methods            = optional(set(string), ["GET", "HEAD"])
    cached_methods             = optional(set(string), ["GET", "HEAD"])
    compress                   = optional(bool, false)
    cache_policy_id            = optional(string)
    origin_request_policy_id   = optional(string)
    response_headers_policy_id = optional(string)
    realtime_log_config_arn    = optional(string)
    field_level_encryption_id  = optional(string)
    smooth_streaming           = optional(bool, false)
    grpc                       = optional(bool, false)
    trusted_key_groups         = optional(list(string), [])
    trusted_signers            = optional(list(string), [])
    min_ttl                    = optional(number)
    default_ttl                = optional(number)
    max_ttl                    = optional(number)
    forwarded_values = optional(object({
      query_string            = bool
      query_string_cache_keys = optional(list(string), [])
      headers                 = optional(set(string), [])
      cookies                 = string
      cookie_names            = optional(set(string), [])
    }))
    functions = optional(list(object({
      event_type   = string
      function_arn = string
    })), [])
    lambda_functions = optional(list(object({
      event_type   = string
      lambda_arn   = string
      include_body = optional(bool, false)
    })), [])
  })
}

variable "ordered_cache_behaviors" {
  description = "Behaviors by path pattern, in order of precedence."
  type = list(object({
    path_pattern               = string
    target_origin_id           = string
    viewer_protocol_policy     = string
    allowed_methods            = optional(set(string), ["GET", "HEAD"])
    cached_methods             = optional(set(string), ["GET", "HEAD"])
    compress                   = optional(bool, false)
    cache_policy_id            = optional(string)
    origin_request_policy_id   = optional(string)
    response_headers_policy_id = optional(string)
    realtime_log_config_arn    = optional(string)
    field_level_encryption_id  = optional(string)
    smooth_streaming           = optional(bool, false)
    grpc                       = optional(bool, false)
    trusted_key_groups         = optional(list(string), [])
    trusted_signers            = optional(list(string), [])
    min_ttl                    = optional(number)
    default_ttl                = optional(number)
    max_ttl                    = optional(number)
    forwarded_values = optional(object({
      query_string            = bool
      query_string_cache_keys = optional(list(string), [])
      headers                 = optional(set(string), [])
      cookies                 = string
      cookie_names            = optional(set(string), [])
    }))
    functions = optional(list(object({
      event_type   = string
      function_arn = string
    })), [])
    lambda_functions = optional(list(object({
      event_type   = string
      lambda_arn   = string
      include_body = optional(bool, false)
    })), [])
  }))
  default = []
}

variable "custom_error_responses" {
  description = "Error pages: the status of the origin, the page shown for it, and the status it is shown with."
  type = list(object({
    error_code            = number
    response_code         = optional(number)
    response_page_path    = optional(string)
    error_caching_min_ttl = optional(number)
  }))
  default = []
}

variable "logging" {
  description = "Standard logging to a bucket (BUCKET.s3.amazonaws.com); null for none."
  type = object({
    bucket          = string
    prefix          = optional(string)
    include_cookies = optional(bool, false)
  })
  default = null
}

variable "geo_restriction" {
  description = "none, whitelist or blacklist, and the countries' codes."
  type = object({
    type      = string
    locations = optional(set(string), [])
  })
  default = { type = "none" }
}

variable "viewer_certificate" {
  description = "The certificate of the aliases; it lives in us-east-1."
  type = object({
    cloudfront_default       = optional(bool, false)
    acm_arn                  = optional(string)
    iam_id                   = optional(string)
    minimum_protocol_version = optional(string)
    ssl_support_method       = optional(string)
  })
  default = { cloudfront_default = true }
}
