import type { Writable } from 'node:stream';
import type { PhaseEvent } from '@neco/core';
import type { OperationReporter } from './operation-reporter.ts';

/**
 * One JSON event per line: `{"version":1,"time":…,"event":"phase","id":…,"status":…}` and so on.
 * Its methods are own properties, so that `{ ...reporter }` is complete.
 */
export class JsonReporter implements OperationReporter {
  readonly #output: Writable;

  constructor(output: Writable) {
    this.#output = output;
  }

  readonly phase = (event: PhaseEvent): void => {
    this.#write('phase', event);
  };

  readonly state = (text: string): void => {
    this.#write('state', { text });
  };

  readonly info = (text: string): void => {
    this.#write('info', { text });
  };

  readonly warn = (text: string): void => {
    this.#write('warning', { text });
  };

  readonly paused = async <T>(ask: () => Promise<T>): Promise<T> => {
    return ask();
  };

  readonly end = (result: { changed: boolean; text: string }): void => {
    this.#write('end', result);
  };

  readonly close = (): void => {
    // Nothing to do: every event is a complete line.
  };

  #write(event: string, fields: object): void {
    this.#output.write(
      `${JSON.stringify({ version: 1, time: new Date().toISOString(), event, ...fields })}\n`,
    );
  }
}
