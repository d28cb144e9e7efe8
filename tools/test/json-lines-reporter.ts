import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';
import { errorText } from './error-text.ts';

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
      write({ event: 'fail', title: test.fullTitle(), error: errorText(error) }),
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

// The name under which require() finds it: mocha loads reporters that way.
export { JsonLinesReporter as 'module.exports' };
