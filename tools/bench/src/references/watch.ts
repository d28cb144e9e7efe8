import { etcdAt, pairAt } from './connect-etcd.ts';

// What the memory of a daemon is held against: etcd3 loaded, and one watch held until the process is stopped.
const [address = ''] = process.argv.slice(2);
await etcdAt(address, pairAt('/etc/neco/etcd')).watch().prefix('/neco/bootservers/').create();
