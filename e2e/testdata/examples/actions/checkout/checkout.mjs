import { cpSync } from 'node:fs';

cpSync(process.env.OCTO_REPO, process.env.GITHUB_WORKSPACE, { recursive: true });
