import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { runNeco } from './run-neco.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
// Nobody listens there; what matters here is how the command begins, draws and ends.
const flags = ['--etcd-endpoints', 'http://127.0.0.1:1', '--etcd-timeout', '10s', '--interval', '1s'];
const argv = ['--conditions=neco-source', main, 'status', '--watch', ...flags];

/** What a child has written so far, and how it ends. */
class Running {
  text = '';
  errors = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  #news = Promise.withResolvers<undefined>();

  constructor(child: ChildProcess) {
    this.child = child;
    this.ended = once(child, 'close').then(([status]) => status as number);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      this.#news.resolve(undefined);
      this.#news = Promise.withResolvers();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  async until(fits: (text: string) => boolean): Promise<void> {
    while (!fits(this.text)) await Promise.race([this.#news.promise, this.ended]);
  }
}

describe('neco status --watch', function () {
  this.timeout(20_000);

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints each change once, as a line of JSON, and exits with 0 at ${signal}`, async () => {
      const run = new Running(spawn(process.execPath, [...argv, '--json']));
      await run.until((text) => text.includes('\n'));
      // Two more looks see the same.
      if (signal === 'SIGINT') await Promise.race([run.ended, delay(2500)]);
      run.child.kill(signal);
      expect(await run.ended, run.errors).to.equal(0);
      expect(run.errors).to.equal('');
      const lines = run.text.trim().split('\n');
      expect(lines, run.text).to.have.length(1);
      expect(JSON.parse(lines[0] ?? '')).to.include({ version: 1, healthy: false });
    });
  }

  it('redraws in place on a terminal, and keeps the last status there at Ctrl-C', async () => {
    const command = [process.execPath, ...argv].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', `stty rows 50 cols 200; exec ${command}`, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm' },
    });
    const run = new Running(child);
    const looks = (text: string) => [...text.matchAll(/seen at/g)].length;
    await run.until((text) => looks(text) >= 2);
    child.stdin.write('\u0003');
    expect(await run.ended, run.text).to.equal(0);
    expect(run.text, 'it moves up over its earlier output').to.include('\u001B[1A');
    const seen = stripVTControlCharacters(run.text);
    expect(seen).to.include('press Ctrl-C to quit').and.not.to.include('stopping');
  });

  it('rejects an interval that is too short, or without --watch', async () => {
    const short = await runNeco(['status', '--watch', '--interval', '10ms']);
    expect(short).to.include({ status: 2, stdout: '' });
    expect(short.stderr).to.include('--interval 10ms');
    const alone = await runNeco(['status', '--interval', '2s']);
    expect(alone).to.include({ status: 2, stdout: '' });
    expect(alone.stderr).to.include('add --watch');
  });
});
