import { createInterface } from 'node:readline';
import type { Server } from '../../../src/server/server.ts';
import { etcdOf, serverAuthority } from '../../../src/cluster/stock-clients.ts';

/** The value that a key in etcd had first, also when it is gone by now, as this server's neco reads it. */
export async function firstValue(server: Server, key: string): Promise<string> {
  const pair = ['--cert', '/etc/neco/etcd.crt', '--key', '/etc/neco/etcd.key', '--cacert', serverAuthority];
  const argv = ['etcdctl', '--endpoints', etcdOf(server), ...pair, 'watch', '--rev=1', '-w', 'json', key];
  const watch = await server.spawn(argv);
  try {
    if (watch.stdout === null) throw new Error('no output');
    for await (const line of createInterface({ input: watch.stdout })) {
      const { Events } = JSON.parse(line) as { Events?: { kv: { value?: string } }[] };
      const value = Events?.[0]?.kv.value;
      if (value !== undefined) return Buffer.from(value, 'base64').toString();
    }
    throw new Error(`${server.name}: etcdctl watch ${key} ended`);
  } finally {
    await watch.killTree();
  }
}
