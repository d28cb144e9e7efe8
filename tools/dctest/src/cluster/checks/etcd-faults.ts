import { etcdctl, etcdOf, etcdValue, mayReadEtcd } from '../stock-clients.ts';
import type { Server } from '../../server/server.ts';

interface MemberList {
  members: { name?: string; peerURLs?: string[]; clientURLs?: string[]; isLearner?: boolean }[];
}

/** What is wrong with etcd as a finished setup must leave it: its members, its auth, and what lies in it. */
export async function etcdFaults(servers: readonly Server[], revoked: boolean): Promise<string[]> {
  const faults = await Promise.all([
    memberFaults(servers),
    healthFaults(servers),
    keyFaults(servers, revoked),
    ...servers.map(boundaryFaults),
    ...servers.map(recordFaults),
  ]);
  return faults.flat();
}

async function memberFaults(servers: readonly Server[]): Promise<string[]> {
  const [first] = servers;
  if (first === undefined) return [];
  const { stdout, stderr, exitCode } = await etcdctl(first, 'neco', ['member', 'list', '-w', 'json']);
  if (exitCode !== 0) return [`etcdctl member list: ${stderr}`];
  const { members } = JSON.parse(stdout) as MemberList;
  const found = members.map(
    ({ name = 'unstarted', peerURLs = [], clientURLs = [], isLearner = false }) =>
      `${name} ${peerURLs.join(',')} ${clientURLs.join(',')}${isLearner ? ' learner' : ''}`,
  );
  const wanted = servers.map((server) => `${server.name} https://${server.address}:2380 ${etcdOf(server)}`);
  return differences('etcd has the member', wanted, found);
}

async function healthFaults(servers: readonly Server[]): Promise<string[]> {
  const [first] = servers;
  if (first === undefined) return [];
  const endpoints = servers.map(etcdOf).join(',');
  const argv = ['--endpoints', endpoints, 'endpoint', 'health'];
  const { stderr, stdout, exitCode } = await etcdctl(first, 'neco', argv);
  return exitCode === 0 ? [] : [`etcdctl endpoint health: ${stdout}${stderr}`];
}

/** Exactly what setup leaves under the prefix. */
async function keyFaults(servers: readonly Server[], revoked: boolean): Promise<string[]> {
  const [first] = servers;
  if (first === undefined) return [];
  const { stdout, stderr, exitCode } = await etcdctl(first, 'neco', [
    'get',
    '/neco/',
    '--prefix',
    '--keys-only',
  ]);
  if (exitCode !== 0) return [`etcdctl get /neco/: ${stderr}`];
  const found = stdout.split('\n').filter((line) => line !== '');
  const wanted = [
    ...servers.map(({ which }) => `/neco/bootservers/${which}`),
    '/neco/vault-unseal-key',
    // On a lease of a week: what leave needs to revoke what the temporary Vault has signed.
    ...servers.map(({ which }) => `/neco/operations/initial-certificates/${which}`),
    ...(revoked ? [] : ['/neco/vault-root-token']),
  ];
  return differences('etcd holds', wanted, found);
}

/** Each identity reaches what is its own, and nothing of the other's. */
async function boundaryFaults(server: Server): Promise<string[]> {
  const rules = [
    ['neco', '/neco/', true],
    ['neco', '/vault/', false],
    ['vault', '/vault/', true],
    ['vault', '/neco/', false],
  ] as const;
  const faults = await Promise.all(
    rules.map(async ([identity, prefix, allowed]) => {
      const may = await mayReadEtcd(server, identity, prefix).catch(String);
      return may === allowed ? [] : [`${identity}-${server.which} reads ${prefix}: ${may}, not ${allowed}`];
    }),
  );
  return faults.flat();
}

async function recordFaults(server: Server): Promise<string[]> {
  const key = `/neco/bootservers/${server.which}`;
  const value = await etcdValue(server, key).catch(String);
  try {
    const { version, lrn, name, address } = JSON.parse(value ?? '') as Record<string, unknown>;
    const fits = version === 1 && lrn === server.which && name === server.name && address === server.address;
    return fits ? [] : [`${key} says: ${value}`];
  } catch {
    return [`${key} is no record: ${value}`];
  }
}

function differences(what: string, wanted: readonly string[], found: readonly string[]): string[] {
  return [
    ...wanted.filter((one) => !found.includes(one)).map((one) => `not so: ${what} ${one}`),
    ...found
      .filter((one) => !wanted.includes(one))
      .map((one) => `${what} ${one}, which does not belong there`),
  ];
}
