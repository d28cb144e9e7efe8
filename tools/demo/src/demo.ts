import { parseArgs } from 'node:util';
import { messageOf, NecoError } from '@neco/core';
import { DataCenter } from '../../dctest/src/data-center.ts';
import {
  administrator,
  expectDone,
  handOutSecrets,
  startSetup,
} from '../../dctest/src/cluster/set-up-cluster.ts';
import { stopSignal } from '../../dctest/src/host/stop-signal.ts';
import { SetupDisplay } from './setup-display.ts';

const usage = 'usage: npm run demo [-- --name NAME], the name of the data centre, demo unless given';

/** Three boot servers brought up before your eyes. @returns the exit status */
export async function main(argv: readonly string[]): Promise<number> {
  const name = nameIn(argv);
  if (name === undefined) {
    say(usage, process.stderr);
    return 2;
  }
  const start = performance.now();
  const signal = stopSignal(() => say('\nstopping, and taking down what is there', process.stderr));
  try {
    const done = await run(name, signal);
    say(`\nThe whole demo took ${seconds(start)}.`);
    return done;
  } catch (error) {
    if (signal.aborted) {
      await DataCenter.takeDown(name);
      return 130;
    }
    say(`the demo failed: ${messageOf(error)}`, process.stderr);
    if (error instanceof NecoError && error.hint !== undefined) say(error.hint, process.stderr);
    if (await stands(name)) {
      const down = `npm run -s dc -- down --name ${name}`;
      say(`its servers still run, to be looked at; to take them down: ${down}`, process.stderr);
    }
    return 1;
  }
}

/** The name of the data centre, which is another for who must not replace a demo that stands. */
function nameIn(argv: readonly string[]): string | undefined {
  try {
    const { values } = parseArgs({ args: [...argv], options: { name: { type: 'string', default: 'demo' } } });
    return values.name;
  } catch {
    return undefined;
  }
}

async function stands(name: string): Promise<boolean> {
  return (await DataCenter.names()).includes(name);
}

async function run(name: string, signal: AbortSignal): Promise<number> {
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
  signal.throwIfAborted();
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
  if (signal.aborted) stop();
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
