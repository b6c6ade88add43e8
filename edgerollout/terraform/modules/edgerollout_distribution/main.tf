# One CloudFront distribution, and on its behaviors what sets the security headers: a trigger, or a response
# headers policy.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.83, < 7.0"
    }
  }
}

locals {
  behaviors = merge(
    { for one in var.ordered_cache_behaviors : one.path_pattern => one.lambda_functions },
    { "Default (*)" = var.default_cache_behavior.lambda_functions },
  )

  ours = var.function_qualified_arn == null ? [] : [
    { event_type = var.event_type, lambda_arn = var.function_qualified_arn, include_body = false },
  ]

  # CloudFront takes one function per event: where another one is, it stays and ours is not attached.
  functions = {
    for path, others in local.behaviors : path => concat(
      others,
      contains(var.exclude, path) || contains(others[*].event_type, var.event_type) ? [] : local.ours,
    )
  }

  own_policies = merge(
    { for one in var.ordered_cache_behaviors : one.path_pattern => one.response_headers_policy_id },
    { "Default (*)" = var.default_cache_behavior.response_headers_policy_id },
  )

  # A behavior has room for one response headers policy: that of the release, where there is one. What the
  # behavior's own says goes along in a variant. Without a variant of it: edgerollout publish makes one.
  policies = {
    for path, own in local.own_policies : path => (
      var.response_headers_policy_id == null || contains(var.exclude, path) ? own :
      own == null ? var.response_headers_policy_id : var.response_headers_policy_variants[own]
    )
  }
}

resource "aws_cloudfront_distribution" "this" {
  aliases                         = var.aliases
  comment                         = var.comment
  continuous_deployment_policy_id = var.continuous_deployment_policy_id
  default_root_object             = var.default_root_object
  enabled                         = var.enabled
  http_version                    = var.http_version
  is_ipv6_enabled                 = var.is_ipv6_enabled
  price_class                     = var.price_class
  tags                            = var.tags
  wait_for_deployment             = var.wait_for_deployment
  web_acl_id                      = var.web_acl_id

  dynamic "origin" {
    for_each = var.origins
    content {
      origin_id                = origin.value.origin_id
      domain_name              = origin.value.domain_name
      origin_path              = origin.value.origin_path
      origin_access_control_id = origin.value.origin_access_control_id
      connection_attempts      = origin.value.connection_attempts
      connection_timeout       = origin.value.connection_timeout

      dynamic "custom_header" {
        for_each = origin.value.custom_headers
        content {
          name  = custom_header.value.name
          value = custom_header.value.value
        }
      }

      dynamic "custom_origin_config" {
        for_each = origin.value.custom_origin[*]
        content {
          http_port                = custom_origin_config.value.http_port
          https_port               = custom_origin_config.value.https_port
          origin_protocol_policy   = custom_origin_config.value.protocol_policy
          origin_ssl_protocols     = custom_origin_config.value.ssl_protocols
          origin_read_timeout      = custom_origin_config.value.read_timeout
          origin_keepalive_timeout = custom_origin_config.value.keepalive_timeout
        }
      }

      dynamic "s3_origin_config" {
        for_each = origin.value.origin_access_identity[*]
        content {
          origin_access_identity = s3_origin_config.value
        }
      }

      dynamic "vpc_origin_config" {
        for_each = origin.value.vpc_origin[*]
        content {
          vpc_origin_id            = vpc_origin_config.value.vpc_origin_id
          origin_read_timeout      = vpc_origin_config.value.read_timeout
          origin_keepalive_timeout = vpc_origin_config.value.keepalive_timeout
        }
      }

      dynamic "origin_shield" {
        for_each = origin.value.origin_shield_region[*]
        content {
          enabled              = true
          origin_shield_region = origin_shield.value
        }
      }
    }
  }

  dynamic "origin_group" {
    for_each = var.origin_groups
    content {
      origin_id = origin_group.value.origin_id

      failover_criteria {
        status_codes = origin_group.value.status_codes
      }

      dynamic "member" {
        for_each = origin_group.value.members
        content {
          origin_id = member.value
        }
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = var.default_cache_behavior.target_origin_id
    viewer_protocol_policy     = var.default_cache_behavior.viewer_protocol_policy
    allowed_methods            = var.default_cache_behavior.allowed_methods
    cached_methods             = var.default_cache_behavior.cached_methods
    compress                   = var.default_cache_behavior.compress
    cache_policy_id            = var.default_cache_behavior.cache_policy_id
    origin_request_policy_id   = var.default_cache_behavior.origin_request_policy_id
    response_headers_policy_id = local.policies["Default (*)"]
    realtime_log_config_arn    = var.default_cache_behavior.realtime_log_config_arn
    field_level_encryption_id  = var.default_cache_behavior.field_level_encryption_id
    smooth_streaming           = var.default_cache_behavior.smooth_streaming
    trusted_key_groups         = var.default_cache_behavior.trusted_key_groups
    trusted_signers            = var.default_cache_behavior.trusted_signers
    min_ttl                    = var.default_cache_behavior.min_ttl
    default_ttl                = var.default_cache_behavior.default_ttl
    max_ttl                    = var.default_cache_behavior.max_ttl

    dynamic "forwarded_values" {
      for_each = var.default_cache_behavior.forwarded_values[*]
      content {
        query_string            = forwarded_values.value.query_string
        query_string_cache_keys = forwarded_values.value.query_string_cache_keys
        headers                 = forwarded_values.value.headers

        cookies {
          forward           = forwarded_values.value.cookies
          whitelisted_names = forwarded_values.value.cookie_names
        }
      }
    }

    dynamic "grpc_config" {
      for_each = var.default_cache_behavior.grpc ? [true] : []
      content {
        enabled = true
      }
    }

    dynamic "function_association" {
      for_each = var.default_cache_behavior.functions
      content {
        event_type   = function_association.value.event_type
        function_arn = function_association.value.function_arn
      }
    }

    dynamic "lambda_function_association" {
      for_each = local.functions["Default (*)"]
      content {
        event_type   = lambda_function_association.value.event_type
        lambda_arn   = lambda_function_association.value.lambda_arn
        include_body = lambda_function_association.value.include_body
      }
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.ordered_cache_behaviors
    content {
      path_pattern               = ordered_cache_behavior.value.path_pattern
      target_origin_id           = ordered_cache_behavior.value.target_origin_id
      viewer_protocol_policy     = ordered_cache_behavior.value.viewer_protocol_policy
      allowed_methods            = ordered_cache_behavior.value.allowed_methods
      cached_methods             = ordered_cache_behavior.value.cached_methods
      compress                   = ordered_cache_behavior.value.compress
      cache_policy_id            = ordered_cache_behavior.value.cache_policy_id
      origin_request_policy_id   = ordered_cache_behavior.value.origin_request_policy_id
      response_headers_policy_id = local.policies[ordered_cache_behavior.value.path_pattern]
      realtime_log_config_arn    = ordered_cache_behavior.value.realtime_log_config_arn
      field_level_encryption_id  = ordered_cache_behavior.value.field_level_encryption_id
      smooth_streaming           = ordered_cache_behavior.value.smooth_streaming
      trusted_key_groups         = ordered_cache_behavior.value.trusted_key_groups
      trusted_signers            = ordered_cache_behavior.value.trusted_signers
      min_ttl                    = ordered_cache_behavior.value.min_ttl
      default_ttl                = ordered_cache_behavior.value.default_ttl
      max_ttl                    = ordered_cache_behavior.value.max_ttl

      dynamic "forwarded_values" {
        for_each = ordered_cache_behavior.value.forwarded_values[*]
        content {
          query_string            = forwarded_values.value.query_string
          query_string_cache_keys = forwarded_values.value.query_string_cache_keys
          headers                 = forwarded_values.value.headers

          cookies {
            forward           = forwarded_values.value.cookies
            whitelisted_names = forwarded_values.value.cookie_names
          }
        }
      }

      dynamic "grpc_config" {
        for_each = ordered_cache_behavior.value.grpc ? [true] : []
        content {
          enabled = true
        }
      }

      dynamic "function_association" {
        for_each = ordered_cache_behavior.value.functions
        content {
          event_type   = function_association.value.event_type
          function_arn = function_association.value.function_arn
        }
      }

      dynamic "lambda_function_association" {
        for_each = local.functions[ordered_cache_behavior.value.path_pattern]
        content {
          event_type   = lambda_function_association.value.event_type
          lambda_arn   = lambda_function_association.value.lambda_arn
          include_body = lambda_function_association.value.include_body
        }
      }
    }
  }

  dynamic "custom_error_response" {
    for_each = var.custom_error_responses
    content {
      error_code            = custom_error_response.value.error_code
      response_code         = custom_error_response.value.response_code
      response_page_path    = custom_error_response.value.response_page_path
      error_caching_min_ttl = custom_error_response.value.error_caching_min_ttl
    }
  }

  dynamic "logging_config" {
    for_each = var.logging[*]
    content {
      bucket          = logging_config.value.bucket
      prefix          = logging_config.value.prefix
      include_cookies = logging_config.value.include_cookies
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = var.geo_restriction.type
      locations        = var.geo_restriction.locations
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.viewer_certificate.cloudfront_default
    acm_certificate_arn            = var.viewer_certificate.acm_arn
    iam_certificate_id             = var.viewer_certificate.iam_id
    minimum_protocol_version       = var.viewer_certificate.minimum_protocol_version
    ssl_support_method             = var.viewer_certificate.ssl_support_method
  }
}
