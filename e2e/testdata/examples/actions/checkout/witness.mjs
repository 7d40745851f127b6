import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const left = readdirSync(join(process.env.GITHUB_WORKSPACE, '..'), { recursive: true }).filter((path) => /gha-creds-|gatepass-/.test(path));
console.log(`the witness finds: ${left.join(', ') || 'nothing'}`);
process.exitCode = left.length;
