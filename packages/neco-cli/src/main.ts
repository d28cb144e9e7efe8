#!/usr/bin/env node
import { necoVersion } from '@neco/core';

// A process that ends silently has failed.
process.exitCode = 1;

const argv = process.argv.slice(2);

// Answered before the imports, which take longer than the answer. Creating process.stdout, or importing node:fs
// (whose namespace pulls in streams), would take a sixth of the whole run.
if (asksForVersion(argv)) {
  const version = necoVersion();
  const text = argv.includes('--json') ? JSON.stringify({ version: 1, neco: version }) : version;
  process.getBuiltinModule('node:fs').writeSync(1, `${text}\n`);
  process.exitCode = 0;
} else {
  const { runProgram } = await import('./run-program.ts');
  process.exit(await runProgram(argv, necoVersion()));
}

function asksForVersion(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--version');
}
