import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type { SetupEvent } from '../../dctest/src/cluster/setup-run.ts';
import { SetupDisplay } from '../src/setup-display.ts';
import { screenAfter } from './screen-after.ts';

const phase = (
  index: number,
  title: string,
  status: SetupEvent['status'],
  duration?: number,
): SetupEvent => ({
  event: 'phase',
  index,
  total: 19,
  title,
  ...(status === undefined ? {} : { status }),
  ...(duration === undefined ? {} : { duration }),
});

/** Two servers, one of them ahead, as their `neco setup --json` tell it. */
const told: readonly [server: string, event: SetupEvent | undefined][] = [
  ['boot-0', phase(1, 'Check this server', 'started')],
  ['boot-1', phase(1, 'Check this server', 'started')],
  ['boot-0', phase(1, 'Check this server', 'done', 123)],
  ['boot-0', phase(2, 'Meet the other boot servers', 'started')],
  ['boot-0', { event: 'state', text: 'waiting for boot-1' }],
  ['boot-1', phase(1, 'Check this server', 'failed', 2000)],
  ['boot-1', undefined],
  ['boot-7', phase(1, 'Check this server', 'started')],
  ['boot-0', { event: 'end', text: 'boot-0 is set up', changed: true }],
  ['boot-0', undefined],
];

describe('what the demo shows of a setup', () => {
  /** What it has sent by its end, to a stream that is a terminal of so many columns, or none. */
  function sentTo(terminal: { isTTY?: boolean; columns?: number }): string {
    const output = Object.assign(new PassThrough({ encoding: 'utf8' }), terminal);
    const display = new SetupDisplay(output, ['boot-0', 'boot-1']);
    for (const [server, event] of told) display.show(server, event);
    display.end();
    return String(output.read() ?? '');
  }

  it('is a line for what each server has done, where there is no terminal', () => {
    expect(sentTo({})).to.equal(
      [
        'boot-0   1/19 done Check this server (0.12 s)',
        'boot-0   2/19 waiting for boot-1',
        'boot-1   1/19 failed Check this server (2.00 s)',
        'boot-0   2/19 boot-0 is set up',
        '',
      ].join('\n'),
    );
  });

  it('is one line a server on a terminal, written over as it goes on', () => {
    const sent = sentTo({ isTTY: true, columns: 80 });
    expect(screenAfter(sent)).to.deep.equal([
      'boot-0      2/19  boot-0 is set up',
      'boot-1      1/19  Check this server',
      '',
    ]);
    expect(sent).to.include('Meet the other boot servers: waiting for boot-1');
  });

  it('keeps each line within the width of the terminal', () => {
    const narrow = screenAfter(sentTo({ isTTY: true, columns: 24 }));
    expect(narrow).to.deep.equal(['boot-0      2/19  boot-', 'boot-1      1/19  Check', '']);
  });

  it('is whole on a terminal that does not tell its width', () => {
    expect(screenAfter(sentTo({ isTTY: true }))[0]).to.equal('boot-0      2/19  boot-0 is set up');
  });
});
