import { waitFor } from '@neco/core';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { administrator, asAdministrator } from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { etcdctl, etcdOf, etcdValue, vault } from '../../../src/cluster/stock-clients.ts';

/** A cluster of 0, 1 and 2, and fresh servers beside it, to which the administrator's password was carried. */
export async function clusterWithSpares(name: string, spares: readonly number[]): Promise<DataCenter> {
  const members = [0, 1, 2];
  const dataCenter = await DataCenter.up({
    name,
    lrns: [...members, ...spares],
    setup: members,
    replace: true,
  });
  for (const lrn of spares) await carryPassword(dataCenter, lrn);
  await startWorkers(dataCenter.servers.slice(0, 3));
  return dataCenter;
}

export async function carryPassword(dataCenter: DataCenter, lrn: number): Promise<void> {
  const password = await dataCenter.server(0).readFile(administrator.passwordFile);
  await dataCenter.server(lrn).writeFile(administrator.passwordFile, password, 0o600);
}

export async function startWorkers(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.run(['systemctl', 'start', 'neco-worker.service'])));
}

/** The hash of the server CA's public key, by openssl. */
export async function caHash(server: Server): Promise<string> {
  const script =
    'openssl x509 -in /etc/neco/ca/server.crt -noout -pubkey | openssl pkey -pubin -outform der | sha256sum';
  const [digest = ''] = (await server.run(['sh', '-euc', script])).split(' ');
  return `sha256:${digest}`;
}

/** What comes after `neco join`. */
export function joinArguments(hash: string, lrns: readonly number[] = [0, 1, 2]): string[] {
  return ['--ca-hash', hash, ...asAdministrator, '--timeout', '120s', ...lrns.map(String)];
}

export function startJoin(server: Server, argv: readonly string[]): Promise<SetupRun> {
  return SetupRun.start(server, argv, 'join');
}

interface ListedMember {
  name?: string;
  peerURLs?: string[];
  isLearner?: boolean;
}

/** The members of etcd as etcdctl lists them: `boot-0`, or `boot-3 (learner)`. */
export async function memberNames(server: Server): Promise<string[]> {
  const { stdout, stderr, exitCode } = await etcdctl(server, 'neco', ['member', 'list', '-w', 'json']);
  if (exitCode !== 0) throw new Error(`etcdctl member list: ${stderr}`);
  const { members } = JSON.parse(stdout) as { members: ListedMember[] };
  return members
    .map(({ name = 'unstarted', isLearner = false }) => `${name}${isLearner ? ' (learner)' : ''}`)
    .sort();
}

/** How far a boot server is registered: `joining`, `active`; undefined where it is not. */
export async function registrationState(server: Server, lrn: number): Promise<string | undefined> {
  const text = (await etcdValue(server, `/neco/bootservers/${lrn}`)) ?? '{}';
  return (JSON.parse(text) as { state?: string }).state;
}

/** Waits until what `look` gives is this. */
export async function eventually(what: string, wanted: unknown, look: () => Promise<unknown>): Promise<void> {
  const text = JSON.stringify(wanted);
  await waitFor(
    async () => {
      const seen = JSON.stringify(await look());
      return seen === text ? { done: true, value: undefined } : { done: false, seen };
    },
    { what, timeout: 90_000, maxPause: 500 },
  );
}

/** `active`, `standby`, or what else `vault status` says. */
export async function vaultState(server: Server): Promise<string> {
  const { stdout, stderr } = await vault(server, '/root', ['status', '-format=json']);
  try {
    const { sealed, is_self: active } = JSON.parse(stdout) as { sealed: boolean; is_self?: boolean };
    if (sealed) return 'sealed';
    return active === true ? 'active' : 'standby';
  } catch {
    return stderr;
  }
}

/** The endpoints of etcd in each file that names them, own first. */
export async function namedEndpoints(server: Server): Promise<string[][]> {
  const yaml = async (path: string): Promise<string[]> =>
    [...(await server.readFile(path)).matchAll(/^\s+- (https:\S+)$/gm)].map(([, url = '']) => url);
  const file = JSON.parse(await server.readFile('/etc/vault/vault.json')) as {
    storage: { etcd: { address: string } };
  };
  return [
    await yaml('/etc/neco/neco-worker.yml'),
    await yaml('/etc/neco/neco-updater.yml'),
    file.storage.etcd.address.split(','),
  ];
}

/** What `namedEndpoints` gives when all is well. */
export function wantedEndpoints(server: Server, servers: readonly Server[]): string[][] {
  const urls = [server, ...servers.filter((other) => other !== server)].map(etcdOf);
  return [urls, urls, urls];
}

/** Main processes of etcd and Vault, to see that neither was restarted. */
export async function mainPids(server: Server): Promise<string> {
  return server.run(['systemctl', 'show', '--property=MainPID', '--value', 'etcd', 'vault']);
}
