import { etcdAt, pairAt } from './connect-etcd.ts';
import { vaultAt } from './connect-vault.ts';

// What `neco status` is held against: both libraries loaded, one request by each, as a boot server's neco.
const [address = ''] = process.argv.slice(2);
const etcd = etcdAt(address, pairAt('/etc/neco/etcd'));
await Promise.all([etcd.cluster.memberList({}), vaultAt(address).health({ standbyok: true })]);
etcd.close();
