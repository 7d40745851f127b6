"""The administrator of an AWS account: makes the provider of GitHub's tokens, roles that may use S3, and a bucket."""

import json
import sys

import boto3


def document(policy):
    """A policy without blanks, as radosgw does not read those of a form."""
    return json.dumps(policy, separators=(",", ":"))


thumbprint, bucket, roles = sys.argv[1:]
iam = boto3.client("iam")
iam.create_open_id_connect_provider(
    Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=[thumbprint]
)
storage = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}]}
for role, policy in json.loads(roles).items():
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(policy))
    iam.put_role_policy(RoleName=role, PolicyName="storage", PolicyDocument=document(storage))
boto3.client("s3").create_bucket(Bucket=bucket)
