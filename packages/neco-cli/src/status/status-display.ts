import type { Writable } from 'node:stream';
import type { ClusterStatus } from '@neco/status';
import { changeKey } from './change-key.ts';
import { terminalColumns } from '../terminal-columns.ts';
import { statusText } from './status-text.ts';

/** Where each status of `neco status --watch` goes. */
export interface StatusDisplay {
  show(status: ClusterStatus): Promise<void>;
  /** Leaves the last status on the screen, with the cursor after it. */
  close(): void;
}

export interface StatusDisplayOptions {
  json: boolean;
  colored: boolean;
}

/** Redraws in place on a terminal; elsewhere, and in JSON, prints the status again after each change. */
export async function createStatusDisplay(
  output: Writable,
  options: StatusDisplayOptions,
): Promise<StatusDisplay> {
  return canRedraw(output) && !options.json ? await redrawn(output, options) : printed(output, options);
}

/** A serial console does not report its size, and redrawing in place needs the size. */
function canRedraw(output: Writable): boolean {
  return 'isTTY' in output && output.isTTY === true && 'rows' in output && Number(output.rows) > 0;
}

async function redrawn(output: Writable, { colored }: StatusDisplayOptions): Promise<StatusDisplay> {
  const { createLogUpdate } = await import('log-update');
  const draw = createLogUpdate(output, { showCursor: true });
  return {
    async show(status) {
      // The width may change while it runs.
      const columns = terminalColumns(output);
      draw(`${await statusText(status, { colored, columns })}\n\n${seen()}; press Ctrl-C to quit`);
    },
    close() {
      draw.done();
    },
  };
}

function printed(output: Writable, { json, colored }: StatusDisplayOptions): StatusDisplay {
  let before = '';
  return {
    async show(status) {
      const now = changeKey(status);
      if (now === before) return;
      const text = json
        ? JSON.stringify(status)
        : `${seen()}\n${await statusText(status, { colored, columns: terminalColumns(output) })}\n`;
      output.write(`${text}\n`);
      before = now;
    },
    close() {
      // Nothing to do: every block is complete.
    },
  };
}

function seen(): string {
  return `seen at ${new Date().toISOString().slice(0, 19)}Z`;
}
