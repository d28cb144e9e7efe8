#!/usr/bin/env node
import { version } from './version.ts';

// A process that ends silently has failed.
process.exitCode = 1;

if (process.argv.includes('--version')) {
  process.stdout.write(`${version}\n`);
  process.exitCode = 0;
} else {
  process.stderr.write('neco-worker: has no duties yet\n');
}
