# Into the aws_cloudfront_distribution resource. edgerollout attaches the function, so no behavior has a
# lambda_function_association of it.

# edgerollout changes the triggers in here. Terraform cannot ignore the triggers of all behaviors alone: an
# address such as ordered_cache_behavior[0].lambda_function_association names one behavior by its place, and
# an added behavior moves the places of those after it. So both lists are ignored as a whole. Terraform
# creates the behaviors as written, and from then on ignores every change of them, your own
# too: change them in CloudFront, and here in case the distribution is created again.
lifecycle {
  ignore_changes = [default_cache_behavior, ordered_cache_behavior]
}
