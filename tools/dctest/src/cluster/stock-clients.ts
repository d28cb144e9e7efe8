import type { CommandResult } from '../host/run.ts';
import type { ExecOptions, Server } from '../server/server.ts';

/** Who a client of etcd says that it is: one of the server's own certificates, another pair, or nobody. */
export type EtcdIdentity = 'neco' | 'vault' | 'none' | { readonly certificate: string; readonly key: string };

/** The CA of all servers' certificates, on a boot server. */
export const serverAuthority = '/etc/neco/ca/server.crt';

/** Where etcd and Vault of a boot server are reached. */
export const etcdOf = ({ address }: Server): string => `https://${address}:2379`;
export const vaultOf = ({ address }: Server): string => `https://${address}:8200`;

/** Runs etcdctl on a server, against its own etcd unless `args` say otherwise. */
export async function etcdctl(
  server: Server,
  identity: EtcdIdentity,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<CommandResult> {
  const limits = ['--dial-timeout', '3s', '--command-timeout', '5s'];
  const endpoints = args.includes('--endpoints') ? [] : ['--endpoints', etcdOf(server)];
  const argv = [
    'etcdctl',
    ...endpoints,
    '--cacert',
    serverAuthority,
    ...limits,
    ...pairOf(identity),
    ...args,
  ];
  return server.exec(argv, { timeout: 20_000, ...options });
}

/** Whether this identity can read what lies under a prefix in etcd. Anything but a clear yes or no is thrown. */
export async function mayReadEtcd(server: Server, identity: EtcdIdentity, prefix: string): Promise<boolean> {
  const result = await etcdctl(server, identity, ['get', prefix, '--prefix', '--keys-only', '--limit', '1']);
  if (result.exitCode === 0) return true;
  if (result.stderr.includes('permission denied')) return false;
  throw new Error(`${server.name}: etcdctl get ${prefix} failed: ${result.stderr}`);
}

/** A value in etcd, as this server's neco reads it; undefined when there is none. */
export async function etcdValue(server: Server, key: string): Promise<string | undefined> {
  const { stdout, stderr, exitCode } = await etcdctl(server, 'neco', ['get', key, '--print-value-only']);
  if (exitCode !== 0) throw new Error(`${server.name}: etcdctl get ${key} failed: ${stderr}`);
  return stdout === '' ? undefined : stdout.trim();
}

/**
 * Runs vault on a server, against its own Vault unless `options.environment` says otherwise.
 * @param home directory on the server where the client keeps its token, one for each identity.
 */
export async function vault(
  server: Server,
  home: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<CommandResult> {
  const environment = {
    VAULT_ADDR: vaultOf(server),
    VAULT_CACERT: serverAuthority,
    VAULT_CLIENT_TIMEOUT: '10s',
    HOME: home,
    ...options.environment,
  };
  return server.exec(['vault', ...args], { timeout: 20_000, ...options, environment });
}

/** Logs a person in to Vault by a password that lies in a file on the server. The client keeps the token in `home`. */
export async function logInToVault(
  server: Server,
  home: string,
  name: string,
  passwordFile: string,
): Promise<CommandResult> {
  await server.run(['mkdir', '-p', '-m', '0700', home]);
  const password = (await server.readFile(passwordFile)).trim();
  const argv = ['login', '-method=userpass', '-format=json', `username=${name}`, 'password=-'];
  return vault(server, home, argv, { input: password });
}

function pairOf(identity: EtcdIdentity): string[] {
  if (identity === 'none') return [];
  const named = { neco: '/etc/neco/etcd', vault: '/etc/vault/etcd' } as const;
  const { certificate, key } =
    typeof identity === 'string'
      ? { certificate: `${named[identity]}.crt`, key: `${named[identity]}.key` }
      : identity;
  return ['--cert', certificate, '--key', key];
}
