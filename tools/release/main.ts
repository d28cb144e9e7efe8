import { resolve } from 'node:path';
import { followVersion } from './follow-version.ts';

const version = await followVersion(resolve(import.meta.dirname, '../..'), new Date());
process.stdout.write(`every package, the lock file and the changelog are at ${version}\n`);
