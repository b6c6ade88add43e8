# Into the aws_cloudfront_distribution resource. edgerollout attaches the function, so no behavior has a
# lambda_function_association of it.

# edgerollout changes the triggers in here. They cannot be ignored for all behaviors by themselves: an
# address such as ordered_cache_behavior[0].lambda_function_association names one behavior by its place, and
# a behavior that is put in moves every place behind it. So both lists are ignored as a whole. Terraform
# makes the behaviors as they are written, and from then on leaves every change of them alone, your own
# included: make it in CloudFront, and here for the day on which the distribution is made anew.
lifecycle {
  ignore_changes = [default_cache_behavior, ordered_cache_behavior]
}
