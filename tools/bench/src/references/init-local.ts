import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import type { Etcd3 } from 'etcd3';
import { etcdAt, pairAt } from './connect-etcd.ts';
import { logInAsAdministrator, vaultAt } from './connect-vault.ts';

// What `neco init-local NAME` is held against: the calls that it takes, and the files. The application's key and its
// request lie beside it already.
const [address = '', server = '', name = '', material = ''] = process.argv.slice(2);
const lrn = Number(server.replace('boot-', ''));

const etcd = etcdAt(address, pairAt('/etc/neco/etcd'));
await etcd.get(`/neco/applications/${name}`);
await etcd.getAll().prefix('/neco/bootservers/').keys();
const vault = vaultAt(address);
await logInAsAdministrator(vault);
const request = { csr: readFileSync(`${material}/application.csr`, 'utf8'), common_name: name };
const { data } = (await vault.write(`ca/etcd-client/sign/${name}`, request)) as {
  data: { certificate: string; serial_number: string };
};
const serial = data.serial_number;
const notAfter = new Date(new X509Certificate(data.certificate).validTo).toISOString();
await change<{ serials: string[] }>(etcd, `/neco/bootservers/${lrn}`, (one) => ({
  ...one,
  serials: [...one.serials, serial],
}));
await change(etcd, `/neco/applications/${name}`, (one) => ({
  ...one,
  certificates: [{ lrn, serial, notAfter }],
}));
mkdirSync(`/etc/${name}`);
writeFileSync(`/etc/${name}/ca.crt`, readFileSync('/etc/neco/ca/server.crt'));
writeFileSync(`/etc/${name}/etcd.crt`, data.certificate, { flush: true });
writeFileSync(`/etc/${name}/etcd.key`, readFileSync(`${material}/application.key`), {
  mode: 0o600,
  flush: true,
});
await vault.tokenRevokeSelf();
etcd.close();

/** Reads a record and writes it anew where nobody else did meanwhile. */
async function change<T extends object>(client: Etcd3, key: string, to: (record: T) => T): Promise<void> {
  const { kvs } = await client.get(key).exec();
  const [entry] = kvs;
  if (entry === undefined) throw new Error(`there is no ${key}`);
  const after = JSON.stringify(to(JSON.parse(entry.value.toString()) as T));
  await client.if(key, 'Mod', '==', Number(entry.mod_revision)).then(client.put(key).value(after)).commit();
}
