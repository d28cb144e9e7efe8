import { execFile } from 'node:child_process';

export interface ProgramResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and gives what it said, also when it failed. @param environment added to this process's. */
export async function runProgram(
  binary: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    execFile(
      binary,
      args,
      { env: { ...process.env, ...environment }, timeout: 30_000, maxBuffer: 64 * 1024 ** 2 },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ status, stdout, stderr: error === null || stderr !== '' ? stderr : error.message });
      },
    );
  });
}
