import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { SetupEvent } from '../../dctest/src/cluster/setup-run.ts';

interface Row {
  position: string;
  title: string;
  state: string;
  style: 'cyan' | 'green' | 'red' | 'dim';
}

/** Where it is shown: standard output, or what is like it. */
export interface DisplayOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What several `neco setup --json` do, side by side: a line each that is written over, or plain lines. */
export class SetupDisplay {
  readonly #rows = new Map<string, Row>();
  readonly #output: DisplayOutput;
  readonly #update: ReturnType<typeof createLogUpdate> | undefined;

  constructor(output: DisplayOutput, names: readonly string[]) {
    this.#output = output;
    this.#update = output.isTTY === true ? createLogUpdate(output) : undefined;
    for (const name of names)
      this.#rows.set(name, { position: '', title: 'starting', state: '', style: 'dim' });
  }

  /** Leaves the last lines standing. */
  end(): void {
    this.#draw();
    this.#update?.done();
  }

  /** Shows what one server says. */
  show(name: string, event: SetupEvent | undefined): void {
    const row = this.#rows.get(name);
    if (event === undefined || row === undefined) return;
    if (event.event === 'phase') {
      row.position = `${String(event.index ?? 0).padStart(2)}/${String(event.total ?? 0)}`;
      Object.assign(row, { title: event.title ?? '', state: '', style: styleOf(event.status) });
    } else if (event.event === 'end') {
      Object.assign(row, { title: event.text ?? '', state: '', style: 'green' });
    } else {
      row.state = event.text ?? '';
    }
    if (this.#update === undefined) this.#print(name, event);
    else this.#draw();
  }

  #print(name: string, event: SetupEvent): void {
    if (event.event === 'phase' && event.status !== 'done' && event.status !== 'failed') return;
    const row = this.#rows.get(name);
    const took = event.duration === undefined ? '' : ` (${(event.duration / 1000).toFixed(2)} s)`;
    const text =
      event.event === 'phase' || event.event === 'end'
        ? `${event.status ?? ''} ${row?.title ?? ''}`
        : `  ${event.text ?? ''}`;
    this.#output.write(`${name}  ${row?.position ?? ''} ${text.trimStart()}${took}\n`);
  }

  #draw(): void {
    const width = this.#output.columns ?? 80;
    const lines = [...this.#rows].map(([name, { position, title, state, style }]) => {
      const text = `${name.padEnd(10)} ${position.padEnd(6)} ${title}${state === '' ? '' : `: ${state}`}`;
      return styleText(style, text.slice(0, width - 1));
    });
    this.#update?.(lines.join('\n'));
  }
}

function styleOf(status: SetupEvent['status']): Row['style'] {
  return status === 'failed' ? 'red' : status === 'done' ? 'green' : 'cyan';
}
