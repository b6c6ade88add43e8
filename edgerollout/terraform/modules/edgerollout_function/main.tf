# The Lambda@Edge function and its execution role.
#
# Terraform makes the function; a release changes its code and settings and publishes the version. That
# version's description and its release.json tell which policy it carries, so only edgerollout publishes
# (publish = false), and what a release brings is none of Terraform's business (ignore_changes). Until the
# first release the function has the code of unpublished.zip, beside this file: it is never attached.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source                = "hashicorp/aws"
      version               = ">= 5.83, < 7.0"
      configuration_aliases = [aws.us_east_1]
    }
  }
}

locals {
  role_arn = var.role_arn == null ? one(aws_iam_role.this[*].arn) : var.role_arn
}

resource "aws_iam_role" "this" {
  provider = aws.us_east_1
  count    = var.role_arn == null ? 1 : 0

  name                 = var.role_name
  path                 = var.role_path
  description          = "Runs edgerollout's Lambda@Edge function"
  permissions_boundary = var.permissions_boundary
  tags                 = var.role_tags

  # CloudFront refuses a function whose role does not trust both.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

# Logs are written in the region of the edge that ran the function, hence in any.
resource "aws_iam_role_policy_attachment" "logs" {
  provider = aws.us_east_1
  count    = var.role_arn == null ? 1 : 0

  role       = one(aws_iam_role.this[*].name)
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "this" {
  provider = aws.us_east_1

  function_name = var.function_name
  role          = local.role_arn
  architectures = ["x86_64"]
  filename      = "${path.module}/unpublished.zip"
  handler       = var.handler
  memory_size   = var.memory_size
  publish       = false
  runtime       = var.runtime
  tags          = var.tags
  timeout       = var.timeout

  # edgerollout marks releases by tags of its own (edgerollout:…), and single tags cannot be ignored: the
  # function gets var.tags when it is made, and Terraform leaves its tags alone from then on.
  lifecycle {
    ignore_changes = [
      description,
      filename,
      handler,
      memory_size,
      runtime,
      source_code_hash,
      tags,
      tags_all,
      timeout,
    ]
  }

  depends_on = [aws_iam_role_policy_attachment.logs]
}
