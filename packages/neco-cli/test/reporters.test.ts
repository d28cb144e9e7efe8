import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { NecoError, type PhaseEvent } from '@neco/core';
import { expect } from 'chai';
import { errorText } from '../src/errors/error-text.ts';
import { JsonReporter } from '../src/reporters/json-reporter.ts';
import { LineReporter } from '../src/reporters/line-reporter.ts';

const phase: Omit<PhaseEvent, 'status'> = { id: 'start-etcd', title: 'Start etcd', index: 2, total: 12 };

function written(output: PassThrough): string {
  return String(output.read() ?? '');
}

describe('The reporter for programs', () => {
  it('writes one JSON event per line', () => {
    const output = new PassThrough();
    const reporter = new JsonReporter(output);
    reporter.phase({ ...phase, status: 'started' });
    reporter.state('boot-1 refused the connection');
    reporter.warn('look here');
    reporter.end({ changed: true, text: 'done' });
    const events = written(output)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).to.deep.equal(['phase', 'state', 'warning', 'end']);
    expect(events[0]).to.include({ version: 1, id: 'start-etcd', status: 'started', index: 2, total: 12 });
    expect(events[1]).to.include({ text: 'boot-1 refused the connection' });
    expect(events[3]).to.include({ changed: true });
    for (const { time } of events) expect(new Date(String(time)).toISOString()).to.equal(time);
  });
});

describe('The reporter for people', () => {
  it('writes plain lines without a terminal', () => {
    const output = new PassThrough();
    const reporter = new LineReporter(output, false);
    reporter.phase({ ...phase, status: 'started' });
    reporter.state('boot-1 is missing');
    reporter.phase({ ...phase, status: 'done', duration: 1234 });
    reporter.phase({ ...phase, status: 'skipped' });
    reporter.phase({ ...phase, status: 'would-run', plan: ['write /etc/etcd/etcd.yml'] });
    const text = written(output);
    expect(stripVTControlCharacters(text)).to.equal(text);
    expect(text.split('\n')).to.deep.equal([
      '[ 2/12] … Start etcd',
      '      boot-1 is missing',
      '[ 2/12] ✓ Start etcd (1.2 s)',
      '[ 2/12] - Start etcd (already done)',
      '[ 2/12] + Start etcd',
      '        write /etc/etcd/etcd.yml',
      '',
    ]);
  });

  it('passes on no control characters of others to the terminal', () => {
    const output = new PassThrough();
    const reporter = new LineReporter(output, false);
    reporter.state('held by \u001B]0;init\u0007');
    reporter.warn('\u009B2J');
    reporter.info('two\nlines');
    expect(written(output).split('\n')).to.deep.equal([
      '      held by ?]0;init?',
      'warning: ?2J',
      'two',
      'lines',
      '',
    ]);
    const error = new NecoError('BUSY', 'held by \u001B]0;init\u0007', { hint: 'stop \u001B[2J' });
    const text = errorText(error, { json: false, verbose: true });
    expect(stripVTControlCharacters(text)).to.include('held by ?]0;init?').and.include('stop ?[2J');
  });

  it('keeps only completed phases on a terminal', () => {
    const output = new PassThrough();
    const reporter = new LineReporter(output, true);
    reporter.phase({ ...phase, status: 'started' });
    reporter.state('boot-1 is missing');
    reporter.phase({ ...phase, status: 'done' });
    // Erased text is what stands between the beginning of a line and the escape sequence that erases it.
    const lasting = written(output).replaceAll(/[^\n]*\r\u001B\[2K/g, '');
    expect(stripVTControlCharacters(lasting)).to.equal('[ 2/12] ✓ Start etcd\n');
  });

  it('holds its output back during a prompt, and prints it afterwards', async () => {
    const output = new PassThrough();
    const reporter = new LineReporter(output, true);
    const answer = await reporter.paused(async () => {
      reporter.info('boot-2 is there');
      reporter.state('waiting');
      expect(written(output)).to.equal('');
      return 'yes';
    });
    expect(answer).to.equal('yes');
    expect(stripVTControlCharacters(written(output))).to.equal('boot-2 is there\n');
  });

  it('prints it at the end if the prompt is never answered', () => {
    const output = new PassThrough();
    const reporter = new LineReporter(output, false);
    void reporter.paused(() => Promise.withResolvers<never>().promise);
    reporter.info('now: 3 voters');
    reporter.close();
    expect(written(output)).to.equal('now: 3 voters\n');
  });

  it('has methods that work on their own', () => {
    const output = new PassThrough();
    const { info } = new LineReporter(output, false);
    info('alone');
    expect(written(output)).to.equal('alone\n');
  });
});
