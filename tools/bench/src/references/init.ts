import { readFileSync } from 'node:fs';
import { Range } from 'etcd3';
import { etcdAt, pairAt } from './connect-etcd.ts';
import { logInAsAdministrator, vaultAt } from './connect-vault.ts';

// What `neco init NAME` is held against: the calls that it takes, one look and one change each. The key of etcd's root
// user and its request lie beside it already.
const [address = '', server = '', name = '', material = ''] = process.argv.slice(2);

const etcd = etcdAt(address, pairAt('/etc/neco/etcd'));
const servers = await etcd.getAll().prefix('/neco/bootservers/').keys();
const vault = vaultAt(address);
await logInAsAdministrator(vault);
const lock = '/neco/operations/locks/change';
const lease = etcd.lease(15);
await lease.grant();
await etcd.get(lock);
await etcd
  .if(lock, 'Create', '==', 0)
  .then(
    etcd
      .put(lock)
      .value('script')
      .lease(await lease.grant()),
  )
  .commit();

const host = vaultAt(address, pairAt('/etc/neco/server'));
await host.health({ standbyok: true });
const { auth } = (await host.write('auth/cert/login', { name: server })) as {
  auth: { client_token: string };
};
host.token = auth.client_token;
const request = { csr: readFileSync(`${material}/root.csr`, 'utf8'), common_name: 'root', ttl: '10m' };
const { data } = (await host.write('ca/etcd-client/sign/root', request)) as { data: { certificate: string } };
await host.tokenRevokeSelf();
const root = etcdAt(address, { certificate: data.certificate, key: readFileSync(`${material}/root.key`) });

const record = `/neco/applications/${name}`;
await etcd.get(record);
await vault.read(`ca/etcd-client/roles/${name}`).catch(() => undefined);
await vault.write(`ca/etcd-client/roles/${name}`, {
  allowed_domains: [name],
  allow_bare_domains: true,
  allow_localhost: false,
  allow_ip_sans: false,
  use_csr_common_name: false,
  use_csr_sans: false,
  server_flag: false,
  key_type: 'ec',
  key_bits: 256,
  key_usage: ['DigitalSignature'],
  ttl: '2160h',
  max_ttl: '2160h',
});
const policies = ['neco-operator', ...servers.map((key) => `boot-${key.split('/').at(-1) ?? ''}`)];
await Promise.all(policies.map(allow));

await root.auth.roleList();
await root.auth.roleAdd({ name });
const { start, end } = Range.prefix(`/${name}/`);
await root.auth.roleGrantPermission({ name, perm: { permType: 'Readwrite', key: start, range_end: end } });
await root.auth.userList();
await root.auth.userAdd({ name, options: { no_password: true } });
await root.auth.userGrantRole({ user: name, role: name });
const value = { version: 1, name, createdAt: new Date().toISOString(), certificates: [] };
await etcd
  .if(record, 'Create', '==', 0)
  .then(etcd.put(record).value(JSON.stringify(value)))
  .commit();
await lease.revoke();
await vault.tokenRevokeSelf();
root.close();
etcd.close();

async function allow(policy: string): Promise<void> {
  const path = `sys/policies/acl/${policy}`;
  const { data: there } = (await vault.read(path)) as { data: { policy: string } };
  const rule = `path "ca/etcd-client/sign/${name}" {
  capabilities = ["update"]
  required_parameters = ["csr", "common_name"]
  allowed_parameters = {
    csr = []
    common_name = ["${name}"]
    ttl = []
  }
}
`;
  await vault.write(path, { policy: `${there.policy.trimEnd()}\n\n${rule}` });
}
