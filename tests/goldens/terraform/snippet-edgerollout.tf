# Into the aws_cloudfront_distribution resource. edgerollout attaches the function, so no behavior has a
# lambda_function_association of it.

# edgerollout changes the triggers in here. Only whole lists of behaviors can be ignored: an address such
# as ordered_cache_behavior[0].lambda_function_association names one behavior by its place, and there is
# none for all of them. So Terraform makes the behaviors as they are written and from then on leaves every
# change of them alone, your own included: make it in CloudFront, and here for the day of a new one.
lifecycle {
  ignore_changes = [default_cache_behavior, ordered_cache_behavior]
}
