import type { CommandResult } from '../../../src/host/run.ts';
import type { Server } from '../../../src/server/server.ts';
import { administrator } from '../../../src/cluster/set-up-cluster.ts';
import { logInToVault, vault } from '../../../src/cluster/stock-clients.ts';

/** Somebody who is logged in to Vault on a server, with the stock client. */
export interface VaultLogIn {
  /** Runs vault as this person or host. */
  run(...args: readonly string[]): Promise<CommandResult>;
  /** Makes a key and a request on the server and has Vault sign it. @returns where both lie, or what Vault said. */
  sign(mount: string, role: string, commonName: string, ...fields: readonly string[]): Promise<Signed>;
}

export interface Signed {
  readonly certificate: string;
  readonly key: string;
  readonly exitCode: number;
  readonly stderr: string;
}

/** The administrator, on the server that led the setup. */
export async function logInAsAdministrator(server: Server): Promise<VaultLogIn> {
  const home = '/root/vault-admin';
  const { name, passwordFile } = administrator;
  return loggedIn(server, home, await logInToVault(server, home, name, passwordFile));
}

/** The boot server itself, with its own certificate. */
export async function logInAsBootServer(server: Server): Promise<VaultLogIn> {
  const own = { certificate: '/etc/neco/server.crt', key: '/etc/neco/server.key' };
  return logInWith(server, server.name, own, '/root/vault-boot');
}

/**
 * A boot server by this name, with a certificate and key that lie on `server`.
 * @throws Error with what Vault says to it.
 */
export async function logInWith(
  server: Server,
  name: string,
  { certificate, key }: { readonly certificate: string; readonly key: string },
  home = '/root/vault-stolen',
): Promise<VaultLogIn> {
  await server.run(['mkdir', '-p', '-m', '0700', home]);
  const pair = [`-client-cert=${certificate}`, `-client-key=${key}`];
  const argv = ['login', '-method=cert', '-format=json', ...pair, `name=${name}`];
  return loggedIn(server, home, await vault(server, home, argv));
}

function loggedIn(server: Server, home: string, { exitCode, stderr }: CommandResult): VaultLogIn {
  if (exitCode !== 0) throw new Error(`${server.name}: vault login failed: ${stderr}`);
  const run = (...args: readonly string[]) => vault(server, home, args);
  return {
    run,
    async sign(mount, role, commonName, ...fields) {
      const base = `${home}/${mount.replaceAll('/', '-')}-${role}`;
      const [certificate, key, request] = [`${base}.crt`, `${base}.key`, `${base}.csr`];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      await server.run([
        'openssl',
        'req',
        '-new',
        ...kind,
        '-keyout',
        key,
        '-subj',
        `/CN=${commonName}`,
        '-out',
        request,
      ]);
      const path = `${mount}/sign/${role}`;
      const asked = [`csr=@${request}`, `common_name=${commonName}`, ...fields];
      const { exitCode, stdout, stderr } = await run('write', '-field=certificate', path, ...asked);
      await server.writeFile(certificate, `${stdout}\n`);
      return { certificate, key, exitCode, stderr };
    },
  };
}
