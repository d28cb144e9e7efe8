import { expect } from 'chai';
import type { DataCenter } from '../../src/data-center.ts';
import type { Server } from '../../src/server.ts';
import { administrator, expectDone, setupArguments } from '../../src/set-up-cluster.ts';
import { SetupRun } from '../../src/setup-run.ts';
import { expireCertificates } from './expire-certificates.ts';
import { handOutHook, killedAt, type KillPoint } from './killed-at.ts';
import { logInAsAdministrator } from './vault-log-in.ts';

const limit = ['--timeout', '150s'];
const record = '/var/lib/neco/setup.json';
const state = '/var/lib/neco/setup/leader.sealed';
const txn = '/etcdserverpb.KV/Txn';

/** Where two things of the leader belong together and a kill comes between them, in the order in which they come. */
const untilEtcd: readonly KillPoint[] = [
  { what: 'it has its record, and no state', file: record },
  { what: 'it has decided, and told nobody', file: state },
  { what: 'it has made the CAs, and they are nowhere else', file: state, moment: 'before', count: 2 },
  { what: 'the CAs are saved, and it has announced nothing', file: state, count: 2 },
  { what: 'the key of another is saved, and nothing signed for it', file: state, count: 2 },
];
const untilVault: readonly KillPoint[] = [
  { what: 'auth is on, and it does not know it', etcd: '/etcdserverpb.Auth/AuthEnable' },
  // The first that is initialised is the temporary one.
  { what: 'Vault has told its keys, and they are nowhere else', vault: '/v1/sys/init', count: 2 },
  { what: 'the keys of Vault are in etcd, and it does not know it', etcd: txn, holding: 'vault-unseal-key' },
  { what: 'Vault has the CAs, and the record does not say so', file: record, moment: 'before' },
  { what: 'the record says that Vault has the CAs, and nothing else', file: record },
];
const untilEnd: readonly KillPoint[] = [
  {
    what: 'the root token is revoked, and still in etcd',
    etcd: '/etcdserverpb.KV/DeleteRange',
    holding: 'vault-root-token',
    moment: 'before',
  },
  { what: 'it is registered, and does not know it', etcd: txn, holding: 'bootservers/0' },
  { what: 'its state is gone, and the record does not say that all is done', file: record, moment: 'before' },
];
const ofFollower = {
  untilEtcd: [
    { what: 'it has its key, and no record', file: '/var/lib/neco/setup/identity.key' },
    { what: 'it has its record, and no certificate', file: record },
    { what: 'it has the CAs, and no certificate', file: '/etc/neco/ca/etcd-client.crl' },
    { what: 'it lacks the last first certificate', file: '/etc/neco/.pairs/etcd/current', moment: 'before' },
  ],
  untilEnd: (lrn: number): KillPoint[] => [
    { what: 'it has all new certificates but one', file: '/etc/neco/.pairs/etcd/current', moment: 'before' },
    { what: 'it is registered, and does not know it', etcd: txn, holding: `bootservers/${lrn}` },
  ],
} as const;

/**
 * Sets a cluster up while the leader and the others are killed at every point above, and while the first certificates
 * run out in the middle. The administrator of the first try is another than that of the others.
 */
export async function setUpThroughWindows({ servers }: DataCenter): Promise<void> {
  const [leader, ...followers] = servers;
  if (leader === undefined) throw new Error('no servers');
  await handOutHook(servers);
  const argv = (server: Server) => setupArguments(servers, server, limit);
  const start = (server: Server) => SetupRun.start(server, argv(server));
  const killed = async (server: Server, points: readonly KillPoint[]) => {
    for (const point of points) await killedAt(server, point, argv(server));
  };

  const gone = Promise.all(followers.map((server) => killed(server, ofFollower.untilEtcd)));
  await killed(leader, untilEtcd);
  const alone = await start(leader);
  await gone;
  const names = /no etcd yet on boot-1 \(.+\) and boot-2 \(.+\)/;
  const said = await alone.next(({ event, text = '' }) => event === 'state' && names.test(text));
  expect(said, 'the leader names whose etcd it waits for').to.not.equal(undefined);
  await alone.kill();

  const helping = await Promise.all(followers.map(start));
  await killed(leader, untilVault);
  await Promise.all(helping.map((run) => run.kill()));
  await expireCertificates(servers);

  const others = followers.map(async (server) => {
    await killed(server, ofFollower.untilEnd(Number(server.which)));
    return start(server);
  });
  const first = 'first-try';
  const made: KillPoint = {
    what: 'there is a Vault user, and nothing says so',
    vault: `/v1/auth/userpass/users/${first}`,
  };
  const otherName = argv(leader).map((word) => (word === administrator.name ? first : word));
  await killedAt(leader, made, otherName);
  await killed(leader, untilEnd);
  await expectDone([await start(leader), ...(await Promise.all(others))]);
  const users = await (await logInAsAdministrator(leader)).run('list', '-format=json', 'auth/userpass/users');
  expect(JSON.parse(users.stdout)).to.deep.equal([administrator.name]);
}
