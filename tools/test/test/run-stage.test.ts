import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { remove } from 'fs-extra/esm';
import { waitFor } from '@neco/core';
import { expect } from 'chai';
import { runStage, type Stage } from '../run-stage.ts';
import { summaryLines } from '../summary-lines.ts';

const root = resolve(import.meta.dirname, '../../..');
const reporter = join(root, 'tools/test/json-lines-reporter.ts');

function fixture(name: string): Stage {
  const file = join(import.meta.dirname, 'fixtures', `${name}.fixture.ts`);
  return { name, command: ['mocha', '--reporter', reporter, file], limit: 60_000, counts: true };
}

describe('a stage of npm test', function () {
  this.timeout(60_000);
  let logs: string;

  beforeEach(async () => {
    logs = await mkdtemp(join(tmpdir(), 'neco-stage-'));
  });

  afterEach(() => remove(logs));

  const run = (stage: Stage, signal = new AbortController().signal) =>
    runStage(stage, { root, logs, signal });

  it('counts what passed and names what failed, with the difference', async () => {
    const result = await run(fixture('mixed'));
    expect(result.passed).to.equal(1);
    const texts = new Map(result.failures.map(({ title, text }) => [title, text]));
    expect([...texts.keys()]).to.have.members(['a fixture fails', 'a fixture fails for a reason']);
    expect(texts.get('a fixture fails')).to.contain("expected 'one' to equal 'other'");
  });

  it('tells what led to a failure, to the root of it', async () => {
    const { failures } = await run(fixture('mixed'));
    const text = failures.find(({ title }) => title.endsWith('for a reason'))?.text ?? '';
    expect(text.split('\n').filter((line) => !line.startsWith('    at '))).to.deep.equal([
      'Error: the outcome',
      'caused by: Error: the middle',
      'caused by: AggregateError',
      'caused by: Error: one end',
      'caused by: another end',
    ]);
  });

  it('says once more at the end of the run what failed, before the count that stands alone', async () => {
    const results = [
      await run({ name: 'true', command: ['true'], limit: 60_000 }),
      await run(fixture('mixed')),
    ];
    const lines = summaryLines(results);
    expect(lines.at(-1)).to.equal('2 passed, 2 failed');
    expect(lines).to.include.members([
      'failed: mixed: a fixture fails',
      "    AssertionError: expected 'one' to equal 'other'",
      'failed: mixed: a fixture fails for a reason',
      '    caused by: Error: the middle',
      `  the whole output: ${join(logs, 'mixed.log')}`,
    ]);
    expect(summaryLines(results, 'no such stage').slice(-2)).to.deep.equal([
      'failed: the test run itself: no such stage',
      '2 passed, 3 failed',
    ]);
  });

  it('names the ten slowest cases of all stages at the end of the run, the slowest first', () => {
    const stage = (name: string, durations: number[]) => ({
      name,
      passed: durations.length,
      failures: [],
      cases: durations.map((duration) => ({ title: `takes ${duration} ms`, duration })),
      log: '',
      duration: 0,
    });
    const quick = Array.from({ length: 9 }, (_, index) => index);
    const lines = summaryLines([stage('one', [200, 12_345, ...quick]), stage('other', [61_000])]);
    expect(lines.slice(0, 4)).to.deep.equal([
      'the slowest cases:',
      '    61.0 s  other: takes 61000 ms',
      '    12.3 s  one: takes 12345 ms',
      '     0.2 s  one: takes 200 ms',
    ]);
    expect(lines).to.have.length(1 + 10 + 1);
    expect(lines.at(-1)).to.equal('12 passed, 0 failed');
  });

  it('tells how long each case took', async () => {
    const { cases } = await run(fixture('mixed'));
    expect(cases).to.have.length(1);
    expect(cases[0]?.duration).to.be.within(0, 10_000);
  });

  it('counts as failed when its process is killed in the middle', async () => {
    const { failures } = await run(fixture('crash'));
    expect(failures[0]?.title).to.contain('the tests did not come to their end: ended with SIGKILL');
  });

  it('counts as failed when there is nothing to run', async () => {
    const result = await run(fixture('absent'));
    expect(result.passed).to.equal(0);
    expect(result.failures).to.have.length(1);
  });

  it('counts as one test when it is no mocha run', async () => {
    expect(await run({ name: 'true', command: ['true'], limit: 60_000 })).to.include({ passed: 1 });
    const failed = await run({
      name: 'false',
      command: ['sh', '-c', 'echo the reason; exit 3'],
      limit: 60_000,
    });
    expect(failed.failures).to.deep.equal([{ title: 'ended with status 3', text: 'the reason' }]);
  });

  it('is killed with all it started when its time is over', async () => {
    const marker = join(logs, 'pid');
    const script = `sleep 600 & echo $! >${marker}; wait`;
    const { failures } = await run({ name: 'slow', command: ['sh', '-c', script], limit: 500 });
    expect(failures[0]?.title).to.contain('killed after');
    const child = Number(await readFile(marker, 'utf8'));
    await waitFor(
      async () => {
        const seen = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
        return seen === '' ? { done: true, value: undefined } : { done: false, seen };
      },
      { what: 'the end of the child', timeout: 5000 },
    );
  });

  it('is not even started after the run was stopped', async () => {
    const { failures } = await run(fixture('mixed'), AbortSignal.abort('SIGTERM'));
    expect(failures[0]?.title).to.contain('not run: SIGTERM');
  });

  it('runs tests in an order that the seed repeats, but steps in their own', async () => {
    const before = process.env['NECO_TEST_SEED'];
    process.env['NECO_TEST_SEED'] = '7';
    try {
      const orders = [await order(), await order()];
      expect(orders[0]).to.deep.equal(orders[1]);
      const [loose = [], strict = []] = ['loose', 'strict'].map((word) =>
        orders[0]?.filter((title) => title.startsWith(word)).map((title) => Number(title.split(' ').at(-1))),
      );
      expect(strict)
        .to.deep.equal([...strict].sort((a, b) => a - b))
        .and.to.have.length(12);
      expect(loose).to.not.deep.equal([...loose].sort((a, b) => a - b));
    } finally {
      if (before === undefined) delete process.env['NECO_TEST_SEED'];
      else process.env['NECO_TEST_SEED'] = before;
    }
  });

  async function order(): Promise<string[]> {
    await run(fixture('order'));
    const lines = (await readFile(join(logs, 'order.results'), 'utf8')).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as { title?: string }).flatMap(({ title }) => title ?? []);
  }
});
