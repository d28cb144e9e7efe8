import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';

interface Event {
  event: 'phase' | 'state' | 'info' | 'warning' | 'end';
  status?: 'started' | 'done' | 'skipped' | 'failed';
  index?: number;
  total?: number;
  title?: string;
  text?: string;
  duration?: number;
}

interface Row {
  position: string;
  title: string;
  state: string;
  style: 'cyan' | 'green' | 'red' | 'dim';
}

/** What several `neco setup --json` do, side by side: a line each that is written over, or plain lines. */
export class SetupDisplay {
  readonly #rows = new Map<string, Row>();
  readonly #output: NodeJS.WriteStream;
  readonly #update: ReturnType<typeof createLogUpdate> | undefined;

  constructor(output: NodeJS.WriteStream, names: readonly string[]) {
    this.#output = output;
    this.#update = output.isTTY ? createLogUpdate(output) : undefined;
    for (const name of names) this.#rows.set(name, { position: '', title: 'starting', state: '', style: 'dim' });
  }

  /** Shows the events of one server until they end. */
  async follow(name: string, events: Readable): Promise<void> {
    for await (const line of createInterface({ input: events })) this.#show(name, parseEvent(line));
  }

  /** Leaves the last lines standing. */
  end(): void {
    this.#draw();
    this.#update?.done();
  }

  #show(name: string, event: Event | undefined): void {
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

  #print(name: string, event: Event): void {
    if (event.event === 'phase' && event.status !== 'done' && event.status !== 'failed') return;
    const row = this.#rows.get(name);
    const took = event.duration === undefined ? '' : ` (${(event.duration / 1000).toFixed(2)} s)`;
    const text = event.event === 'phase' || event.event === 'end' ? `${event.status ?? ''} ${row?.title ?? ''}` : `  ${event.text ?? ''}`;
    this.#output.write(`${name}  ${row?.position ?? ''} ${text.trimStart()}${took}\n`);
  }

  #draw(): void {
    const lines = [...this.#rows].map(([name, { position, title, state, style }]) => {
      const text = `${name.padEnd(10)} ${position.padEnd(6)} ${title}${state === '' ? '' : `: ${state}`}`;
      return styleText(style, text.slice(0, this.#output.columns - 1));
    });
    this.#update?.(lines.join('\n'));
  }
}

function styleOf(status: Event['status']): Row['style'] {
  return status === 'failed' ? 'red' : status === 'done' ? 'green' : 'cyan';
}

function parseEvent(line: string): Event | undefined {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return undefined;
  }
}
