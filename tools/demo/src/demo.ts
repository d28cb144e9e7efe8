import { messageOf, NecoError } from '@neco/core';
import { DataCenter } from '../../dctest/src/data-center.ts';
import { administrator, expectDone, handOutSecrets, startSetup } from '../../dctest/src/set-up-cluster.ts';
import { SetupDisplay } from './setup-display.ts';

const name = 'demo';

/** Three boot servers brought up before your eyes. @returns the exit status */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.length > 0) {
    say('usage: npm run demo (it takes no arguments)', process.stderr);
    return 2;
  }
  const start = performance.now();
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort(new NecoError('CANCELLED', 'stopped'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    const done = await run(stop.signal);
    say(`\nThe whole demo took ${seconds(start)}.`);
    return done;
  } catch (error) {
    say(`the demo failed: ${messageOf(error)}`, process.stderr);
    if (error instanceof NecoError && error.hint !== undefined) say(error.hint, process.stderr);
    if (stop.signal.aborted) await DataCenter.takeDown(name);
    else
      say(
        `its servers still run, to be looked at; to take them down: npm run -s dc -- down --name ${name}`,
        process.stderr,
      );
    return stop.signal.aborted ? 130 : 1;
  }
}

async function run(signal: AbortSignal): Promise<number> {
  say('Three fresh Debian servers, with the depot they install from:');
  const dataCenter = await DataCenter.up({ name, replace: true, signal, say });
  say('\nneco setup 0 1 2, on all three at once:');
  const start = performance.now();
  await setup(dataCenter, signal);
  say(`neco setup took ${seconds(start)}.\n\nneco status, on boot-0:`);
  const status = await dataCenter.server(0).exec(['neco', 'status'], { timeout: 60_000 });
  say(`${status.stdout}${status.stderr}`.trimEnd());
  say(`
To look around:      npm run -s dc -- exec --name ${name} 0 -- bash
The Vault user:      ${administrator.name}; its password is in ${administrator.passwordFile} on boot-0
What else there is:  npm run -s dc -- --help
To take it down:     npm run -s dc -- down --name ${name}`);
  return status.exitCode;
}

/** `neco setup` on all servers, with a line for each. */
async function setup({ servers }: DataCenter, signal: AbortSignal): Promise<void> {
  await handOutSecrets(servers);
  const display = new SetupDisplay(
    process.stdout,
    servers.map((server) => server.name),
  );
  const runs = await startSetup(servers);
  for (const run of runs) run.listen((event) => display.show(run.server.name, event));
  const stop = (): void => {
    for (const run of runs) run.signal('SIGTERM').catch(() => undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    await expectDone(runs);
  } finally {
    display.end();
    signal.throwIfAborted();
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function say(line: string, to: NodeJS.WriteStream = process.stdout): void {
  to.write(`${line}\n`);
}
