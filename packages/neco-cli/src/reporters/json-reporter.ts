import type { Writable } from 'node:stream';
import type { PhaseEvent } from '@neco/core';
import type { OperationReporter } from './operation-reporter.ts';

/** One JSON event a line: `{"version":1,"time":…,"event":"phase","id":…,"status":…}` and so on. */
export class JsonReporter implements OperationReporter {
  readonly #output: Writable;

  constructor(output: Writable) {
    this.#output = output;
  }

  phase(event: PhaseEvent): void {
    this.#write('phase', event);
  }

  state(text: string): void {
    this.#write('state', { text });
  }

  info(text: string): void {
    this.#write('info', { text });
  }

  warn(text: string): void {
    this.#write('warning', { text });
  }

  async paused<T>(ask: () => Promise<T>): Promise<T> {
    return ask();
  }

  end(result: { changed: boolean; text: string }): void {
    this.#write('end', result);
  }

  close(): void {
    // Every event is a whole line.
  }

  #write(event: string, fields: object): void {
    this.#output.write(
      `${JSON.stringify({ version: 1, time: new Date().toISOString(), event, ...fields })}\n`,
    );
  }
}
