"""A later step of a job that finds AWS's credentials as any program with boto3 does. It prints whose they are."""

import boto3

print(boto3.client("sts").get_caller_identity()["Arn"])
