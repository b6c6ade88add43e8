from __future__ import annotations

from edgerollout.terraform.declarations import clashes, declared

_FILE = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  alias = "us_east_1"
}

provider "aws" {
  region = "eu-west-1"
}

module "www" {
  source = "./x"
}

resource "aws_s3_bucket" "www" {}

variable "account" {
  description = "module \\"not\\" here"
}
"""


def test_what_a_file_declares_is_known_by_its_address() -> None:
    assert set(declared(_FILE)) == {
        "terraform.required_providers",
        "provider.aws.us_east_1",
        "provider.aws",
        "module.www",
        "resource.aws_s3_bucket.www",
        "variable.account",
    }


def test_files_clash_where_they_declare_the_same() -> None:
    assert clashes([_FILE], ['module "www" {\n}\n', 'module "other" {\n}\n']) == ("module.www",)
