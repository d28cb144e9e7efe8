#!/usr/bin/env node
import { necoVersion } from '@neco/core';

// A process that ends silently has failed.
process.exitCode = 1;

const argv = process.argv.slice(2);

// Answered before the imports, which take longer than the answer.
if (argv.includes('--version')) {
  process.stdout.write(`${necoVersion()}\n`);
  process.exitCode = 0;
} else {
  const { runProgram } = await import('./run-program.ts');
  process.exit(await runProgram(argv));
}
