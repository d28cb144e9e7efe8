#!/usr/bin/env node
import { version } from './version.ts';

// A process that ends silently has failed.
process.exitCode = 1;

const argv = process.argv.slice(2);

// Answered before the imports: they take longer than the answer.
if (asksForVersion(argv)) {
  process.stdout.write(`${version}\n`);
  process.exitCode = 0;
} else {
  const { runProgram } = await import('./run-program.ts');
  process.exit(await runProgram(argv, version));
}

function asksForVersion(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--version');
}
