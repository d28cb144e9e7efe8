import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

export interface TerminalRun {
  status: number;
  /** Everything printed on the terminal, without colours and cursor movements. */
  screen: string;
}

/**
 * Runs a node program on its own pseudo terminal (script(1)) and types each answer once its question is on the screen.
 * A prompt is drawn again for each key: before the same question comes again, wait for the text in between.
 * @param answers what to wait for, and what to type then; an empty answer only waits.
 */
export async function runOnTerminal(
  args: readonly string[],
  answers: readonly (readonly [question: string, typed: string])[],
): Promise<TerminalRun> {
  const command = [
    process.execPath,
    '--conditions=neco-source',
    '--disable-warning=ExperimentalWarning',
    ...args,
  ]
    .map((word) => `'${word}'`)
    .join(' ');
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', COLUMNS: '200' },
  });
  const { promise, resolve } = Promise.withResolvers<TerminalRun>();
  const left = [...answers];
  let screen = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += stripVTControlCharacters(text);
    for (;;) {
      const [question, typed] = left[0] ?? ['', ''];
      const found = screen.indexOf(question, seen);
      if (left.length === 0 || found === -1) return;
      seen = found + question.length;
      left.shift();
      child.stdin.write(typed);
    }
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  child.once('close', (code) => {
    clearTimeout(limit);
    resolve({ status: code ?? -1, screen });
  });
  return promise;
}
