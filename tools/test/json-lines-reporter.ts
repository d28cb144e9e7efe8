import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import Mocha from 'mocha';

const lingerLimit = 20_000;

/**
 * Mocha's spec reporter that besides writes each result as one line of JSON into the file that NECO_TEST_RESULTS
 * names, at once: what had run before a crash is known after it. The last line is `{"event":"end"}`.
 */
class JsonLinesReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env['NECO_TEST_RESULTS'];
    if (file === undefined) return;
    const write = (event: object) => {
      appendFileSync(file, `${JSON.stringify(event)}\n`);
    };
    runner.on('pass', (test) => write({ event: 'pass', title: test.fullTitle(), duration: test.duration }));
    runner.on('fail', (test, error: unknown) =>
      write({ event: 'fail', title: test.fullTitle(), error: textOf(error) }),
    );
    runner.once('end', () => {
      write({ event: 'end' });
      endWhenLingering(write);
    });
  }
}

/** Tests that leave something open keep mocha from ending; a pipeline must not wait for that for ever. */
function endWhenLingering(write: (event: object) => void): void {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
    write({ event: 'fail', title: 'end of the tests', error: `something is still open: ${open.join(', ')}` });
    process.exit(1);
  }, lingerLimit).unref();
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const differs = 'expected' in error && 'actual' in error && 'showDiff' in error && error.showDiff === true;
  const difference = differs
    ? `\n${Mocha.reporters.Base.generateDiff(shown(error.actual), shown(error.expected))}`
    : '';
  return `${error.stack ?? error.message}${difference}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 8, sorted: true, breakLength: 100 });
}

// The name under which require() finds it: mocha loads reporters that way.
export { JsonLinesReporter as 'module.exports' };
