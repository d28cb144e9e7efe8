import { expect } from 'chai';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import type { Server } from '../../../src/server/server.ts';
import type { ReportedFault } from '../steps/follow-hint.ts';
import { named } from './rejoin-as-said.ts';
import { shell } from '../steps/refusal.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';

const database = '/var/lib/etcd/member/snap/db';
let written = 0;

/** Writes a value by one server. @returns the value, which is in no older page of a database */
export async function writeKnownValue(server: Server): Promise<string> {
  const value = `KNOWNVALUE${process.pid}-${written++}`;
  const { exitCode, stderr } = await etcdctl(server, 'neco', ['put', '/neco/config/known', value]);
  expect(exitCode, stderr).to.equal(0);
  return value;
}

/** Changes one byte of that value in the database of a server, as a disk does that fails without a word. */
export async function changeByte(server: Server, value: string): Promise<void> {
  await shell(
    server,
    `found() { LC_ALL=C grep -abo ${value} ${database} | cut -d: -f1; }
     timeout 30 sh -c 'until LC_ALL=C grep -qa ${value} ${database}; do sleep 0.1; done'
     for at in $(found); do printf X | dd of=${database} bs=1 seek=$at conv=notrunc 2>/dev/null; done`,
  );
}

/** Drops the history, after which etcd compares its members within a minute. */
export async function compactHistory(server: Server): Promise<void> {
  const root = await (await logInAsBootServer(server)).sign('ca/etcd-client', 'root', 'root');
  const status = await etcdctl(server, 'neco', ['endpoint', 'status', '-w', 'json']);
  const [, revision = ''] = /"revision":(\d+)/.exec(status.stdout) ?? [];
  const { exitCode, stderr } = await etcdctl(server, root, ['compact', revision]);
  expect(exitCode, stderr).to.equal(0);
}

/** Runs `neco etcd remove-corrupt` where the hint says, without a terminal; it prints what the hint says next. */
export async function removeAsSaid({ hint }: ReportedFault, servers: readonly Server[]): Promise<void> {
  const [, name = '', next = ''] =
    /^on (boot-\d+): neco etcd remove-corrupt(?:; then (.*))?$/.exec(hint) ?? [];
  const server = named(servers, name, hint);
  const { exitCode, stdout, stderr } = await server.exec(['neco', 'etcd', 'remove-corrupt', '--yes'], {
    timeout: 180_000,
  });
  expect(exitCode, stderr).to.equal(0);
  expect(stdout).to.include(next);
}
