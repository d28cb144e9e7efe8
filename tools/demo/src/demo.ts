import { randomBytes } from 'node:crypto';
import { messageOf, NecoError } from '@neco/core';
import { DataCenter } from '../../dctest/src/data-center.ts';
import { SetupDisplay } from './setup-display.ts';

const name = 'demo';
const secretFile = '/root/setup-secret';
const passwordFile = '/root/admin-password';

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
    else say(`its servers still run, to be looked at; to take them down: npm run -s dc -- down --name ${name}`, process.stderr);
    return stop.signal.aborted ? 130 : 1;
  }
}

async function run(signal: AbortSignal): Promise<number> {
  say('Three fresh Debian servers, with the depot they install from:');
  const dataCenter = await DataCenter.up({ name, replace: true, signal, say });
  await handOutSecrets(dataCenter);
  say('\nneco setup 0 1 2, on all three at once:');
  const start = performance.now();
  const failed = await setup(dataCenter, signal);
  if (failed !== '') throw new NecoError('COMMAND_FAILED', `neco setup failed:\n${failed}`);
  say(`neco setup took ${seconds(start)}.\n\nneco status, on boot-0:`);
  const status = await dataCenter.server(0).exec(['neco', 'status'], { timeout: 60_000 });
  say(`${status.stdout}${status.stderr}`.trimEnd());
  say(`
To look around:      npm run -s dc -- exec --name ${name} 0 -- bash
The Vault user:      admin; its password is in ${passwordFile} on boot-0
What else there is:  npm run -s dc -- --help
To take it down:     npm run -s dc -- down --name ${name}`);
  return status.exitCode;
}

async function handOutSecrets({ servers }: DataCenter): Promise<void> {
  const [leader] = servers;
  if (leader === undefined) return;
  const secret = await leader.run(['neco', 'setup-secret']);
  await Promise.all(servers.map((server) => server.writeFile(secretFile, secret, 0o600)));
  await leader.writeFile(passwordFile, `${randomBytes(18).toString('base64url')}\n`, 0o600);
}

/** @returns what those that failed said. */
async function setup({ servers }: DataCenter, signal: AbortSignal): Promise<string> {
  const display = new SetupDisplay(
    process.stdout,
    servers.map((server) => server.name),
  );
  const said = await Promise.all(
    servers.map(async (server, index) => {
      const first = index === 0 ? ['--admin', 'admin', '--admin-password-file', passwordFile] : [];
      const lrns = servers.map(({ which }) => String(which));
      const command = await server.spawn(['neco', 'setup', '--json', '--secret-file', secretFile, ...first, ...lrns]);
      const kill = (): void => {
        command.killTree('SIGTERM').catch(() => undefined);
      };
      signal.addEventListener('abort', kill, { once: true });
      const errors: string[] = [];
      command.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
      if (command.stdout !== null) await display.follow(server.name, command.stdout);
      const exitCode = await command.exitCode;
      return exitCode === 0 ? '' : `${server.name} ended with ${String(exitCode)}: ${errors.join('').trim()}\n`;
    }),
  );
  display.end();
  signal.throwIfAborted();
  return said.join('');
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function say(line: string, to: NodeJS.WriteStream = process.stdout): void {
  to.write(`${line}\n`);
}
