import { readFileSync } from 'node:fs';
import { Etcd3 } from 'etcd3';
import nodeVault from 'node-vault';

// What `neco status` is held against: both libraries loaded, one request by each, as a boot server's neco.
const [address = ''] = process.argv.slice(2);
const ca = readFileSync('/etc/neco/ca/server.crt');
const etcd = new Etcd3({
  hosts: `https://${address}:2379`,
  credentials: {
    rootCertificate: ca,
    certChain: readFileSync('/etc/neco/etcd.crt'),
    privateKey: readFileSync('/etc/neco/etcd.key'),
  },
});
const vault = nodeVault({ endpoint: `https://${address}:8200`, requestOptions: { ca } });
await Promise.all([etcd.cluster.memberList({}), vault.health({ standbyok: true })]);
etcd.close();
