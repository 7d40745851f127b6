"""A later step of a job that keeps something in S3, with boto3. It prints who it is and what it gets back."""

import sys

import boto3

bucket, text = sys.argv[1:]
s3 = boto3.client("s3")
s3.put_object(Bucket=bucket, Key="python", Body=text.encode())
content = s3.get_object(Bucket=bucket, Key="python")["Body"].read().decode()
print(boto3.client("sts").get_caller_identity()["Arn"], "keeps", content)
