"""A later step of a job that goes on using AWS, with one client of boto3. It prints who it has been, and by how many keys."""

import os
import sys
import time

import boto3

session = boto3.Session()
client = session.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"])
identities, keys = set(), set()
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    identities.add(client.get_caller_identity()["Arn"])
    keys.add(session.get_credentials().get_frozen_credentials().access_key)
    time.sleep(1)
for arn in identities:
    print(f"{arn} by {len(keys)} keys")
