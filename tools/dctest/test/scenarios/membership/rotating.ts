import { administrator } from '../../../src/cluster/set-up-cluster.ts';
import type { Server } from '../../../src/server/server.ts';
import { etcdctl, etcdValue, serverAuthority, vault, vaultOf } from '../../../src/cluster/stock-clients.ts';
import { eventually, vaultState } from '../steps/joining.ts';
import { logInAsAdministrator, type VaultLogIn } from '../steps/vault-log-in.ts';

/** The servers of a cluster, on the first of which an administrator works. */
type Servers = readonly [Server, ...Server[]];

/** The three CAs: their mounts, and their files on a boot server. */
const authorities = ['server', 'etcd-peer', 'etcd-client'].map((name) => ({
  mount: `ca/${name}`,
  file: `/etc/neco/ca/${name}.crt`,
}));

/** Makes the key behind Vault's barrier anew. */
export async function rotateBarrierKey(server: Server): Promise<void> {
  await done(await logInAsAdministrator(server), 'operator', 'rotate');
}

/** Makes the unseal key anew, and puts it into etcd in place of the old one. */
export async function rotateUnsealKey(server: Server): Promise<void> {
  const shares = ['-key-shares=1', '-key-threshold=1', '-format=json'];
  const begun = await vault(server, '/root', ['operator', 'rekey', '-init', ...shares]);
  const { nonce } = JSON.parse(begun.stdout) as { nonce: string };
  const argv = ['operator', 'rekey', '-format=json', `-nonce=${nonce}`, '-'];
  const { exitCode, stdout, stderr } = await vault(server, '/root', argv, { input: await unsealKey(server) });
  if (exitCode !== 0) throw new Error(`vault operator rekey: ${stderr}`);
  const { keys_base64: keys } = JSON.parse(stdout) as { keys_base64: string[] };
  await putUnsealKey(server, keys.join());
}

/** The key in etcd that unseals Vault. */
export async function unsealKey(server: Server): Promise<string> {
  return (await etcdValue(server, '/neco/vault-unseal-key')) ?? '';
}

async function putUnsealKey(server: Server, value: string): Promise<void> {
  const put = ['put', '/neco/vault-unseal-key', value];
  const { exitCode, stderr } = await etcdctl(server, 'neco', put);
  if (exitCode !== 0) throw new Error(`etcdctl put: ${stderr}`);
}

/** New CAs, which all servers trust beside the old ones before they sign, and which have signed all that is in use then. */
export async function replaceAuthorities(servers: Servers): Promise<void> {
  const admin = await logInAsAdministrator(servers[0]);
  const issuers: string[] = [];
  for (const { mount, file } of authorities) {
    const path = `${mount}/root/rotate/internal`;
    const fields = ['-format=json', path, 'common_name=another CA', 'key_type=ec', 'ttl=87600h'];
    const { data } = JSON.parse(await done(admin, 'write', ...fields)) as {
      data: { certificate: string; issuer_id: string };
    };
    issuers.push(data.issuer_id);
    for (const server of servers)
      await server.writeFile(file, `${await server.readFile(file)}${data.certificate}\n`);
  }
  await trustAtLogIn(servers, admin);
  await restartOneByOne(servers);
  for (const [index, { mount }] of authorities.entries())
    await done(admin, 'write', `${mount}/root/replace`, `default=${issuers[index]}`);
  await Promise.all(servers.map(signAnew));
}

/** Takes the first CA out of the files and the log-ins that name it beside its successor. */
export async function dropOldAuthorities(servers: Servers): Promise<void> {
  for (const server of servers) {
    for (const { file } of authorities) {
      const [, ...others] = (await server.readFile(file)).split(/(?=-----BEGIN)/);
      await server.writeFile(file, others.join(''));
    }
  }
  await trustAtLogIn(servers, await logInAsAdministrator(servers[0]));
}

/** Restarts etcd and Vault, which read the files of the CAs at their start. */
export async function restartOneByOne(servers: Servers): Promise<void> {
  for (const server of servers) {
    await server.run(['systemctl', 'restart', 'vault']);
    // Stopped otherwise it would wait for some seconds for the streams of its clients to end.
    await server.run(['systemctl', 'kill', '--signal=KILL', 'etcd']);
    const health = ['endpoint', 'health', '--command-timeout', '1s'];
    await eventually(`etcd of ${server.name}`, 0, async () => {
      return (await etcdctl(server, 'neco', health)).exitCode;
    });
    await eventually(`Vault of ${server.name}`, true, async () =>
      ['active', 'standby'].includes(await vaultState(server)),
    );
  }
  await eventually('a Vault to lead', true, async () =>
    (await Promise.all(servers.map(vaultState))).includes('active'),
  );
}

/** Revokes a certificate that lies on a server, as an administrator does by hand. */
export async function revokeInVault(server: Server, mount: string, certificate: string): Promise<void> {
  const asked = await server.run(['openssl', 'x509', '-in', certificate, '-noout', '-serial']);
  const serial = (asked.trim().replace('serial=', '').match(/../g) ?? []).join(':').toLowerCase();
  await done(await logInAsAdministrator(server), 'write', `${mount}/revoke`, `serial_number=${serial}`);
}

async function trustAtLogIn(servers: Servers, admin: VaultLogIn): Promise<void> {
  for (const { name } of servers)
    await done(admin, 'write', `auth/cert/certs/${name}`, `certificate=@${serverAuthority}`);
}

/** Has the keys of a server signed by the CAs that sign now, and the certificates put in place and served. */
async function signAnew(server: Server): Promise<void> {
  const home = '/root/vault-admin';
  const { name, which: lrn, address } = server;
  await logInAsAdministrator(server);
  const addressed = `alt_names=localhost ip_sans=${address},127.0.0.1`;
  const script = `
    sign() { # pair, path in Vault, common name, other names
      pair=$1 path=$2 cn=$3; shift 3
      openssl req -new -key $pair.key -subj /CN=$cn -out ${home}/csr
      vault write -field=certificate $path csr=@${home}/csr common_name=$cn "$@" >${home}/signed
      echo >>${home}/signed
      cat ${home}/signed >"$(realpath $pair.crt)"
    }
    sign /etc/neco/server ca/server/sign/${name} ${name} ${addressed}
    sign /etc/etcd/server ca/server/sign/listener-${lrn} ${name} ${addressed}
    sign /etc/vault/server ca/server/sign/listener-${lrn} ${name} ${addressed}
    sign /etc/etcd/peer ca/etcd-peer/sign/${name} ${name} ${addressed}
    sign /etc/vault/etcd ca/etcd-client/sign/vault-${lrn} vault-${lrn}
    sign /etc/neco/etcd ca/etcd-client/sign/neco-${lrn} neco-${lrn}
    systemctl reload vault`;
  const environment = { HOME: home, VAULT_ADDR: vaultOf(server), VAULT_CACERT: serverAuthority };
  await server.run(['sh', '-euc', script], { environment });
}

async function done(admin: VaultLogIn, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await admin.run(...args);
  if (exitCode !== 0) throw new Error(`vault ${args.join(' ')} as ${administrator.name}: ${stderr}`);
  return stdout;
}
