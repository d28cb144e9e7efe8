import { join } from 'node:path';
import { startTool } from './start-tool.ts';

const program = join(import.meta.dirname, '../main.ts');

const argv = [process.execPath, '--conditions=neco-source', program] as const;

/** The program as a process that leads a group of its own, as a shell starts it on a terminal. */
export function startDc(...args: string[]) {
  return startTool([...argv, ...args]);
}

/** Runs the program to its end. */
export async function dc(...args: string[]) {
  return startDc(...args).ended;
}

/** Runs the program to its end on a terminal of its own, script(1). */
export async function dcOnTerminal(...args: string[]) {
  return startTool(['script', '-qefc', [...argv, ...args].join(' '), '/dev/null']).ended;
}
