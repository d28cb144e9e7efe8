import type { Writable } from 'node:stream';
import type { ClusterStatus } from '@neco/status';
import { changeKey } from './change-key.ts';
import { statusText } from './status-text.ts';

/** Where each status of `neco status --watch` goes. */
export interface StatusDisplay {
  show(status: ClusterStatus): Promise<void>;
  /** Leaves what was shown last, and the cursor behind it. */
  close(): void;
}

export interface StatusDisplayOptions {
  json: boolean;
  colored: boolean;
}

/** Drawn in place on a terminal; elsewhere, and in JSON, printed again when something changed. */
export async function createStatusDisplay(
  output: Writable,
  options: StatusDisplayOptions,
): Promise<StatusDisplay> {
  return canRedraw(output) && !options.json ? await redrawn(output, options) : printed(output, options);
}

/** A serial console does not tell its size, and nothing can be drawn over without it. */
function canRedraw(output: Writable): boolean {
  return 'isTTY' in output && output.isTTY === true && 'rows' in output && Number(output.rows) > 0;
}

async function redrawn(output: Writable, { colored }: StatusDisplayOptions): Promise<StatusDisplay> {
  const { createLogUpdate } = await import('log-update');
  const draw = createLogUpdate(output, { showCursor: true });
  return {
    async show(status) {
      draw(`${await statusText(status, { colored })}\n\n${seen()}; Ctrl-C ends`);
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
      const text = json ? JSON.stringify(status) : `${seen()}\n${await statusText(status, { colored })}\n`;
      output.write(`${text}\n`);
      before = now;
    },
    close() {
      // Every block is whole.
    },
  };
}

function seen(): string {
  return `seen at ${new Date().toISOString().slice(0, 19)}Z`;
}
