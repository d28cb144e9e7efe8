import { randomBytes } from 'node:crypto';
import { NecoError } from '@neco/core';
import type { Server } from '../server/server.ts';
import { SetupRun, type SetupResult } from './setup-run.ts';

/** The first administrator of a cluster that this tool sets up, and where on the leader the password lies. */
export const administrator = { name: 'admin', passwordFile: '/root/admin-password' } as const;

/** The options with which a command of neco logs in as that administrator, where the password lies. */
export const asAdministrator = [
  ...['--vault-user', administrator.name],
  ...['--vault-password-file', administrator.passwordFile],
] as const;

/** Where the setup secret lies on each server. */
export const secretFile = '/root/setup-secret';
const setupLimit = '180s';

/** Puts a setup secret on each server and the administrator's password on the leader, as an admin would type them. */
export async function handOutSecrets(servers: readonly Server[]): Promise<void> {
  const [leader] = servers;
  if (leader === undefined) return;
  const secret = await leader.run(['neco', 'setup-secret']);
  await Promise.all(servers.map((server) => server.writeFile(secretFile, secret, 0o600)));
  await leader.writeFile(administrator.passwordFile, `${randomBytes(18).toString('base64url')}\n`, 0o600);
}

/** What comes after `neco setup` on each of these servers, the first of which leads. */
export function setupArguments(
  servers: readonly Server[],
  server: Server,
  more: readonly string[] = [],
): string[] {
  const leads = server === servers[0];
  return [
    ...['--secret-file', secretFile],
    ...(leads ? ['--admin', administrator.name, '--admin-password-file', administrator.passwordFile] : []),
    ...more,
    ...servers.map(({ which }) => `${which}`),
  ];
}

/** Starts `neco setup` on all servers at once. */
export async function startSetup(
  servers: readonly Server[],
  more: readonly string[] = [],
): Promise<SetupRun[]> {
  return Promise.all(servers.map((server) => SetupRun.start(server, setupArguments(servers, server, more))));
}

/**
 * Runs `neco setup` on all servers at once.
 * @throws NecoError COMMAND_FAILED with what each that failed said; CANCELLED.
 */
export async function setUpCluster(
  servers: readonly Server[],
  say: (line: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  await handOutSecrets(servers);
  say(`neco setup ${servers.map(({ which }) => `${which}`).join(' ')} on all of them`);
  const runs = await startSetup(servers, ['--timeout', setupLimit]);
  const stop = (): void => {
    for (const run of runs) run.kill().catch(() => undefined);
  };
  signal?.addEventListener('abort', stop);
  try {
    await expectDone(runs);
  } finally {
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
  }
}

/** Waits for the end of all. @throws NecoError COMMAND_FAILED with what each that failed said last. */
export async function expectDone(runs: readonly SetupRun[]): Promise<SetupResult[]> {
  const results = await Promise.all(runs.map(({ result }) => result));
  const failures = results.flatMap((result, index) =>
    result.exitCode === 0
      ? []
      : [`${runs[index]?.server.name ?? ''} ended with ${result.exitCode}: ${lastWords(result)}`],
  );
  if (failures.length > 0)
    throw new NecoError('COMMAND_FAILED', `neco setup failed:\n${failures.join('\n')}`);
  return results;
}

function lastWords({ stderr, events }: SetupResult): string {
  const { title = '', text = '' } =
    events.findLast(({ event }) => event === 'phase' || event === 'state') ?? {};
  return `${stderr.trim()} (${title}${text})`;
}
