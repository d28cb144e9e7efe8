import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { PhaseEvent } from '@neco/core';
import type { OperationReporter } from './operation-reporter.ts';
import { printableLines } from './printable-lines.ts';

const marks: Record<PhaseEvent['status'], { mark: string; style: 'dim' | 'green' | 'red' | 'cyan' }> = {
  started: { mark: '…', style: 'cyan' },
  done: { mark: '✓', style: 'green' },
  skipped: { mark: '-', style: 'dim' },
  'would-run': { mark: '+', style: 'cyan' },
  failed: { mark: '✗', style: 'red' },
};

/**
 * Lines for people. On a terminal, the running phase and what it waits for share one line, which is overwritten;
 * elsewhere, each is a line of its own. Its methods are own properties, so that `{ ...reporter }` is complete.
 */
export class LineReporter implements OperationReporter {
  readonly #output: Writable;
  readonly #live: boolean;
  #title = '';
  #momentary = '';
  #asking = false;
  /** Lines held back while a prompt is open. */
  readonly #held: string[] = [];

  constructor(output: Writable, live: boolean) {
    this.#output = output;
    this.#live = live;
  }

  readonly phase = (event: PhaseEvent): void => {
    const { status, index, total, title, duration } = event;
    const { mark, style } = marks[status];
    const position = `[${String(index).padStart(String(total).length)}/${String(total)}]`;
    const ended = status === 'skipped' ? ' (already done)' : took(status, duration);
    const text = this.#colored(style, `${position} ${mark} ${title}${ended}`);
    if (status === 'started') {
      this.#title = `${position} ${title}`;
      this.#moment(text);
    } else {
      this.#title = '';
      this.#line(text);
      event.plan?.forEach((line) => {
        this.#line(`        ${line}`);
      });
    }
  };

  readonly state = (state: string): void => {
    const text = printableLines(state);
    this.#moment(
      this.#colored('dim', this.#live && this.#title !== '' ? `${this.#title}: ${text}` : `      ${text}`),
    );
  };

  readonly info = (text: string): void => {
    this.#line(printableLines(text));
  };

  readonly warn = (text: string): void => {
    this.#line(this.#colored('yellow', `warning: ${printableLines(text)}`));
  };

  readonly paused = async <T>(ask: () => Promise<T>): Promise<T> => {
    this.#erase();
    this.#asking = true;
    try {
      return await ask();
    } finally {
      this.#sayHeld();
    }
  };

  readonly end = ({ text }: { changed: boolean; text: string }): void => {
    this.#line(this.#colored('green', text));
  };

  /** Prints the held lines even if the prompt was never answered. */
  readonly close = (): void => {
    this.#erase();
    this.#sayHeld();
  };

  #sayHeld(): void {
    this.#asking = false;
    this.#held.splice(0).forEach((text) => {
      this.#line(text);
    });
  }

  #line(text: string): void {
    if (this.#asking) {
      this.#held.push(text);
      return;
    }
    const momentary = this.#momentary;
    this.#erase();
    this.#output.write(`${text}\n`);
    if (momentary !== '' && this.#title !== '') this.#moment(momentary);
  }

  /** Prints transient text, which the next output overwrites on a terminal. */
  #moment(text: string): void {
    if (!this.#live) {
      this.#output.write(`${text}\n`);
      return;
    }
    this.#erase();
    if (this.#asking) return;
    const columns = 'columns' in this.#output ? Number(this.#output.columns) : 80;
    this.#output.write(shortened(text, columns - 1));
    this.#momentary = text;
  }

  #erase(): void {
    if (this.#momentary !== '') this.#output.write('\r\u001B[2K');
    this.#momentary = '';
  }

  #colored(style: Parameters<typeof styleText>[0], text: string): string {
    return this.#live ? styleText(style, text, { validateStream: false }) : text;
  }
}

function took(status: PhaseEvent['status'], duration: number | undefined): string {
  if (status === 'started' || duration === undefined || duration < 100) return '';
  return ` (${(duration / 1000).toFixed(1)} s)`;
}

/** Truncates colored text to a number of columns; truncated text loses its colors. */
function shortened(text: string, columns: number): string {
  const plain = text.replaceAll(/\u001B\[[0-9;]*m/g, '');
  return plain.length <= columns ? text : `${plain.slice(0, Math.max(columns - 1, 0))}…`;
}
