import { expect } from 'chai';
import type { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { administrator, expectDone, setupArguments } from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import { expireCertificates } from './expire-certificates.ts';
import { handOutHook, killedAt, type KillPoint } from '../steps/killed-at.ts';
import { partOf, partSeed, seeded } from '../steps/seeded.ts';
import { logInAsAdministrator } from '../steps/vault-log-in.ts';

const limit = ['--timeout', '150s'];
const record = '/var/lib/neco/setup.json';
const state = '/var/lib/neco/setup/leader.sealed';
const lastPair = '/etc/neco/.pairs/etcd/current';
const txn = '/etcdserverpb.KV/Txn';

/**
 * Where two things of the leader belong together and a kill comes between them, in the order in which they come. Those
 * of one list come one after the other: what the second is, the first decides.
 */
const untilEtcd: readonly (readonly KillPoint[])[] = [
  [{ what: 'it has its record, and no state', file: record }],
  [{ what: 'it has decided, and told nobody', file: state }],
  [{ what: 'it has made the CAs, and they are nowhere else', file: state, moment: 'before', count: 2 }],
  [
    { what: 'the CAs are saved, and it has announced nothing', file: state, count: 2 },
    { what: 'the key of another is saved, and nothing signed for it', file: state, count: 3 },
  ],
];
const untilVault: readonly (readonly KillPoint[])[] = [
  [{ what: 'auth is on, and it does not know it', etcd: '/etcdserverpb.Auth/AuthEnable' }],
  // The first that is initialised is the temporary one.
  [
    { what: 'Vault has told its keys, and they are nowhere else', vault: '/v1/sys/init', count: 2 },
    { what: 'the same, and etcd fails Vault in the middle', vault: '/v1/sys/init', count: 2, then: halve },
  ],
  [
    {
      what: 'the keys of Vault are in etcd, and it does not know it',
      etcd: txn,
      holding: 'vault-unseal-key',
    },
  ],
];
/** Takes away what Vault writes last when it is initialised. */
async function halve(server: Server): Promise<void> {
  const { stdout, stderr } = await etcdctl(server, 'vault', ['del', '/vault/core/seal-config']);
  expect(stdout.trim(), stderr).to.equal('1');
}

/** The administrator of the first try; that of the others has another name. */
const firstName = 'first-try';
/** Always there: in the end there is one administrator, and what comes next finds the CAs in Vault. */
const imported: readonly KillPoint[] = [
  { what: 'the name of the administrator is noted, and there is no user of it', file: record },
  { what: 'Vault has the CAs, and the record does not say so', file: record, moment: 'before' },
  { what: 'the record says that Vault has the CAs, and nothing else', file: record },
];
const untilEnd: readonly (readonly KillPoint[])[] = [
  [
    {
      what: 'the root token is revoked, and still in etcd',
      etcd: txn,
      holding: 'vault-root-token',
      moment: 'before',
    },
  ],
  [
    { what: 'it is registered, and does not know it', etcd: txn, holding: 'bootservers/0' },
    {
      what: 'its state is gone, and the record does not say that all is done',
      file: record,
      moment: 'before',
    },
  ],
];
const ofFollower = {
  untilEtcd: [
    [{ what: 'it has its key, and no record', file: '/var/lib/neco/setup/identity.key' }],
    [{ what: 'it has its record, and no certificate', file: record }],
    [{ what: 'it has the CAs, and no certificate', file: '/etc/neco/ca/etcd-client.crl' }],
  ],
  /** Always there: from then on the leader waits alone for etcd. */
  beforeEtcd: { what: 'it lacks the last initial certificate', file: lastPair, moment: 'before' },
  untilEnd: (lrn: number) => [
    [{ what: 'it has all new certificates but one', file: lastPair, moment: 'before' as const }],
    [{ what: 'it is registered, and does not know it', etcd: txn, holding: `bootservers/${lrn}` }],
  ],
} as const;

/**
 * Sets a cluster up while the leader and the others are killed at points of those above, and while the initial certificates
 * run out in the middle. The administrator of the first try is another than that of the others.
 */
export async function setUpThroughWindows({ servers }: DataCenter): Promise<void> {
  const [leader, ...followers] = servers;
  if (leader === undefined) throw new Error('no servers');
  await handOutHook(servers);
  const argv = (server: Server) => setupArguments(servers, server, limit);
  const start = (server: Server) => SetupRun.start(server, argv(server));
  const random = seeded(partSeed);
  /** Kills a server at so many of these points, or at all of them when all scenarios run. */
  const killed = async (server: Server, points: readonly (readonly KillPoint[])[], count: number) => {
    for (const point of partOf(points, count, random).flat()) await killedAt(server, point, argv(server));
  };

  const gone = Promise.all(
    followers.map(async (server) => {
      await killed(server, ofFollower.untilEtcd, 1);
      await killedAt(server, ofFollower.beforeEtcd, argv(server));
    }),
  );
  await killed(leader, untilEtcd, 2);
  const alone = await start(leader);
  await gone;
  const names = /no etcd yet on boot-1 \(.+\) and boot-2 \(.+\)/;
  const said = await alone.next(({ event, text = '' }) => event === 'state' && names.test(text));
  expect(said, 'the leader names whose etcd it waits for').to.not.equal(undefined);
  await alone.kill();

  const helping = await Promise.all(followers.map(start));
  await killed(leader, untilVault, 2);
  const made = {
    what: 'there is a Vault user, and nothing says so',
    vault: `/v1/auth/userpass/users/${firstName}`,
  };
  const otherName = argv(leader).map((word) => (word === administrator.name ? firstName : word));
  await killedAt(leader, made, otherName);
  for (const point of imported) await killedAt(leader, point, argv(leader));
  await Promise.all(helping.map((run) => run.kill()));
  await expireCertificates(servers);

  const others = followers.map(async (server) => {
    await killed(server, ofFollower.untilEnd(Number(server.which)), 1);
    return start(server);
  });
  await killed(leader, untilEnd, 1);
  await expectDone([await start(leader), ...(await Promise.all(others))]);
  const users = await (await logInAsAdministrator(leader)).run('list', '-format=json', 'auth/userpass/users');
  expect(JSON.parse(users.stdout)).to.deep.equal([administrator.name]);
}
