import { stripVTControlCharacters } from 'node:util';
import { NecoError } from '@neco/core';
import type { Server } from '../../../src/server/server.ts';

/** A part of a question, and what a person types when it stands on the screen, perhaps by what else stands there. */
export type Answer = readonly [
  question: string,
  typed: string | ((screen: string) => string | Promise<string>),
];

export interface TerminalRun {
  readonly exitCode: number;
  /** All that stood on the terminal, without colours and cursor movements. */
  readonly screen: string;
}

const limit = 120_000;

/**
 * Runs a command line on a server as an administrator does who sits there: on a terminal of its own (script(1)), each
 * answer typed when its question is there.
 * @throws NecoError TIMEOUT with what stands on the screen, and the question that did not come.
 */
export async function typeOnTerminal(
  server: Server,
  commandLine: string,
  answers: readonly Answer[] = [],
): Promise<TerminalRun> {
  const environment = { TERM: 'xterm', COLUMNS: '200' };
  const command = await server.spawn(['script', '-qefc', commandLine, '/dev/null'], environment);
  const screen = new Screen();
  command.stdout?.setEncoding('utf8').on('data', (text: string) => {
    screen.write(text);
  });
  const late = AbortSignal.timeout(limit);
  late.addEventListener('abort', () => {
    command.killTree().catch(() => undefined);
  });
  let waitsFor = 'its end';
  const type = async (): Promise<void> => {
    for (const [question, typed] of answers) {
      waitsFor = JSON.stringify(question);
      await screen.shows(question);
      command.stdin?.write(typeof typed === 'string' ? typed : await typed(screen.text));
    }
    waitsFor = 'its end';
  };
  type().catch(() => undefined); // a question that never came is told below
  const exitCode = await command.exitCode;
  if (!late.aborted) return { exitCode, screen: screen.text };
  throw new NecoError(
    'TIMEOUT',
    `${server.name}: ${commandLine}: waited for ${waitsFor}; the screen:\n${screen.text}`,
  );
}

/** What a terminal has shown, and who waits for something on it. */
class Screen {
  text = '';
  #seen = 0;
  #changed = Promise.withResolvers<undefined>();

  write(text: string): void {
    this.text += stripVTControlCharacters(text);
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }

  /** Waits for a text that comes after those that were waited for before. */
  async shows(wanted: string): Promise<void> {
    for (;;) {
      const at = this.text.indexOf(wanted, this.#seen);
      if (at !== -1) {
        this.#seen = at + wanted.length;
        return;
      }
      await this.#changed.promise;
    }
  }
}
