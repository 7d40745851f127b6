// A later step of a job that keeps something in S3, with AWS's SDK for JavaScript: it prints who it is and what it gets back.
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const [Bucket, Body] = process.argv.slice(2);
const s3 = new S3Client();
await s3.send(new PutObjectCommand({ Bucket, Key: 'node', Body }));
const object = await s3.send(new GetObjectCommand({ Bucket, Key: 'node' }));
const { Arn } = await new STSClient().send(new GetCallerIdentityCommand());
console.log(`${Arn} keeps ${await object.Body.transformToString()}`);
