import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface NecoResult {
  status: number;
  stdout: string;
  stderr: string;
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the command line as a user would, without a terminal. */
export function runNeco(args: readonly string[]): Promise<NecoResult> {
  return runNode(process.execPath, nodeArgs(args));
}

/** The same as a user who is not root, though able to read these sources wherever they lie. */
export function runNecoAsNobody(args: readonly string[]): Promise<NecoResult> {
  if (process.geteuid?.() !== 0) return runNeco(args);
  const capabilities = '+dac_read_search,+dac_override';
  const privileges = [
    '--reuid=65534',
    '--clear-groups',
    `--inh-caps=${capabilities}`,
    `--ambient-caps=${capabilities}`,
  ];
  return runNode('setpriv', [...privileges, process.execPath, ...nodeArgs(args)]);
}

function nodeArgs(args: readonly string[]): string[] {
  return ['--conditions=neco-source', '--disable-warning=ExperimentalWarning', main, ...args];
}

function runNode(program: string, args: readonly string[]): Promise<NecoResult> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { timeout: 20_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
    child.stdin?.end();
  });
}
