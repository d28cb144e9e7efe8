import type { Server } from '../../../src/server/server.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import { logInAsAdministrator, logInAsBootServer } from '../steps/vault-log-in.ts';

const log = '/var/log/vault/audit.log';

/** All that a boot server has in etcd and Vault, by the stock clients on another one. */
export async function tracesOf(server: Server, lrn: number): Promise<Record<string, string>> {
  const admin = await logInAsAdministrator(server);
  const root = await (await logInAsBootServer(server)).sign('ca/etcd-client', 'root', 'root');
  const asRoot = async (...args: string[]) => (await etcdctl(server, root, args)).stdout;
  const vault = async (...args: string[]) => (await admin.run(...args, '-format=json')).stdout;
  const data = (text: string): string =>
    JSON.stringify((JSON.parse(text === '' ? '{}' : text) as { data?: unknown }).data);
  return {
    users: await asRoot('user', 'list'),
    registrations: await asRoot('get', '--prefix', '/neco/bootservers/'),
    updates: await asRoot('get', '--prefix', '/neco/update/'),
    leaves: await asRoot('get', '--prefix', '/neco/operations/leave/'),
    members: await asRoot('member', 'list'),
    policy: data(await vault('read', `sys/policies/acl/boot-${lrn}`)),
    logIn: data(await vault('read', `auth/cert/certs/boot-${lrn}`)),
    signing: data(await vault('read', `ca/etcd-client/roles/neco-${lrn}`)),
  };
}

/** How long the audit log of each server's Vault is. */
export async function auditLines(servers: readonly Server[]): Promise<ReadonlyMap<Server, number>> {
  const counts = servers.map(async (server) => [server, (await auditOf(server)).split('\n').length] as const);
  return new Map(await Promise.all(counts));
}

/** What an administrator has changed by these Vaults since. */
export async function changesOn(counts: ReadonlyMap<Server, number>): Promise<string[]> {
  const changes = [...counts].map(([server, line]) => changesSince(server, line));
  return (await Promise.all(changes)).flat();
}

/** A Vault that has joined has no file before its first request. */
async function auditOf(server: Server): Promise<string> {
  return (await server.exec(['cat', log])).stdout;
}

interface AuditEntry {
  type?: string;
  auth?: { display_name?: string };
  request?: { operation?: string; path?: string; remote_address?: string };
}

/** What an administrator changed by this Vault since that line of its audit log, but for giving a token back. */
async function changesSince(server: Server, line: number): Promise<string[]> {
  const text = await auditOf(server);
  const entries = text
    .split('\n')
    .slice(line - 1)
    .filter((one) => one !== '')
    .map((one) => JSON.parse(one) as AuditEntry);
  return entries
    .filter(({ type, auth }) => type === 'request' && auth?.display_name === 'userpass-admin')
    .map(({ request: { operation = '', path = '' } = {} }) => `${operation} ${path}`)
    .filter((text) => !/^(read|list) /.test(text) && !text.endsWith('auth/token/revoke-self'));
}
