import { waitFor } from '@neco/core';
import { expect } from 'chai';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import type { CommandResult } from '../../../src/host/run.ts';
import type { Server } from '../../../src/server/server.ts';
import { reported, untilAllWell } from '../steps/follow-hint.ts';
import { caHash, carryPassword, eventually, startWorkers } from '../steps/joining.ts';
import { failureOf, shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { threeServers } from '../steps/three-servers.ts';

const quota = 64 * 1024 ** 2;
const megabyte = 1_000_000;

describe('what can happen to the data of etcd', function () {
  this.timeout(10 * 60_000);
  const cluster = threeServers(`ef${process.pid}`);
  const tests = new TestsInPart();
  const all = (): Server[] => [...cluster().dataCenter.servers];

  before(async () => {
    for (const lrn of [1, 2]) await carryPassword(cluster().dataCenter, lrn);
    await startWorkers(all());
    await limitDatabases(all(), quota);
  });

  tests.it('drops history and shrinks the databases one after another before etcd is full', async () => {
    const { zero } = cluster();
    await fillToBrim(zero);
    await eventually('all databases to be small', true, async () => {
      const sizes = await Promise.all(all().map(databaseSize));
      return sizes.every((size) => size < 20 * megabyte);
    });
    expect(await alarms(zero)).to.equal('');
    await untilAllWell(zero);
  });

  tests.it('recovers a full etcd without Vault by the one command that status shows', async () => {
    const { zero, one } = cluster();
    for (const server of all()) await server.run(['systemctl', 'stop', 'neco-worker']);
    await fill(zero, 90);
    expect(await alarms(zero)).to.include('NOSPACE');
    for (const server of all()) await server.run(['systemctl', 'start', 'neco-worker']);

    const refused = await neco(one, 'init', '--json', '--vault-user', 'admin', 'squid');
    expect(refused.exitCode, refused.stderr).to.equal(1);
    expect(refused.stderr).to.include('neco etcd recover-space');
    const fault = await reported(one, 'etcd-no-space', 'NOSPACE');
    expect(fault.hint).to.equal('run on a boot server: neco etcd recover-space');

    const recovered = await neco(one, 'etcd', 'recover-space');
    expect(recovered.exitCode, recovered.stderr).to.equal(0);
    expect(recovered.stdout).to.match(/before: the database of boot-0 has [6-9][0-9] MB/);
    expect(recovered.stdout).to.match(/after: the database of boot-0 has [0-9] MB/);
    expect(await alarms(zero)).to.equal('');
    const put = await etcdctl(zero, 'neco', ['put', '/neco/config/filler', 'small']);
    expect(put.stdout, put.stderr).to.equal('OK\n');
    await untilAllWell(zero);

    // Nothing of the access that the command had is left.
    expect(await dropIns(one)).to.equal('');
    expect((await neco(one, 'etcd', 'recover-space')).stdout).to.include('nothing to do');
  });

  tests.it(
    'an etcd near its quota: made smaller as status says; killed half-way, it is run again',
    async () => {
      const { zero } = cluster();
      await untilAllWell(zero);
      for (const server of all()) await server.run(['systemctl', 'stop', 'neco-worker']);
      await fillToBrim(zero);
      const near = await reported(zero, 'etcd-near-quota', 'the database of boot-0');
      expect(near.hint).to.equal('run on boot-0: neco etcd recover-space');
      await killHalfWay(zero);
      for (const server of all()) await recoverSpace(server);
      expect(await dropIns(zero)).to.equal('');
      expect(await databaseSize(zero)).to.be.below(20 * megabyte);
      await startWorkers(all());
      await untilAllWell(zero);
    },
  );

  tests.it(
    'says what takes the space when that is the data itself; and a larger quota helps, or less data',
    async () => {
      const { zero, one } = cluster();
      const larger = quota + 16 * 1024 ** 2;
      await fillWithData(zero);
      const full = await reported(one, 'etcd-no-space', 'NOSPACE');
      expect(full.hint).to.equal('run on a boot server: neco etcd recover-space');
      await limitDatabases(all(), larger);
      await recoverSpace(zero);
      await untilAllWell(zero);

      await fillWithData(zero);
      const removed = await etcdctl(zero, 'neco', ['del', '--prefix', '/neco/config/large/']);
      expect(removed.exitCode, removed.stderr).to.equal(0);
      await recoverSpace(zero);
      expect(await databaseSize(zero)).to.be.below(20 * megabyte);
      await limitDatabases(all(), quota);
      await untilAllWell(zero);
    },
  );

  tests.it('says on a boot server that it is one already, and nothing else', async () => {
    const { zero } = cluster();
    const { exitCode, stderr } = await neco(
      zero,
      'join',
      '--json',
      '--ca-hash',
      await caHash(zero),
      '1',
      '2',
    );
    expect(exitCode).to.equal(3);
    const { details } = failureOf({ exitCode, stderr, stdout: '' });
    expect(details.map(({ message }) => message)).to.deep.equal([
      'boot-0 is already a boot server of this cluster, and its etcd is running',
    ]);
  });

  tests.it('names what brings the quorum back, and advises no leave meanwhile', async () => {
    const { zero, one, two } = cluster();
    for (const server of [one, two]) await server.run(['systemctl', 'stop', 'etcd'], { timeout: 60_000 });
    const fault = await reported(zero, 'etcd-quorum-lost', 'no quorum');
    expect(fault.hint).to.match(/^on boot-1, boot-2: systemctl start --no-block etcd; /);
    const { stdout } = await neco(zero, 'status', '--json');
    expect(stdout).not.to.include('neco leave');
    for (const server of [one, two]) await server.run(['systemctl', 'start', '--no-block', 'etcd']);
    await untilAllWell(zero);
  });

  tests.choose(2, seeded(partSeed));
});

const neco = (server: Server, ...args: string[]): Promise<CommandResult> =>
  server.exec(['neco', ...args], { timeout: 300_000 });

/** @returns all that it says */
async function recoverSpace(server: Server): Promise<string> {
  const { exitCode, stdout, stderr } = await neco(server, 'etcd', 'recover-space');
  expect(exitCode, stderr).to.equal(0);
  return stdout + stderr;
}

/** Gives all members a small quota in bytes, one after another. */
async function limitDatabases(servers: readonly Server[], bytes: number): Promise<void> {
  for (const server of servers) {
    const edit = `s/^quota-backend-bytes:.*/quota-backend-bytes: ${bytes}/`;
    await server.run(['sed', '-i', edit, '/etc/etcd/etcd.yml']);
    await server.run(['systemctl', 'restart', 'etcd'], { timeout: 60_000 });
  }
}

/** Writes one key so many times, 1 MB each time: all but the last is history. */
async function fill(server: Server, times: number): Promise<void> {
  await putOften(server, { key: 'filler', bytes: megabyte, times });
}

/** Writes below /neco/config/; what etcd refuses ends it. @param key may have what the shell replaces, for each write by itself */
async function putOften(
  server: Server,
  { key, bytes, times }: { key: string; bytes: number; times: number },
): Promise<void> {
  const script = `
    head -c ${bytes} /dev/zero | tr '\\0' x >/root/filler
    for i in $(seq ${times}); do
      etcdctl --endpoints https://${server.address}:2379 --cacert /etc/neco/ca/server.crt \
        --cert /etc/neco/etcd.crt --key /etc/neco/etcd.key put "/neco/config/${key}" </root/filler || exit 0
    done`;
  await server.run(['sh', '-uc', script], { timeout: 120_000 });
}

/**
 * Fills it with keys that stay, 100 kB each, until `neco etcd recover-space` cannot make room any more and says why. What one round leaves
 * in gaps the next one fills.
 */
async function fillWithData(server: Server): Promise<void> {
  const round = async () => {
    await putOften(server, { key: 'large/$(date +%s%N)', bytes: 100_000, times: 1000 });
    const { exitCode, stdout, stderr } = await neco(server, 'etcd', 'recover-space');
    const isLarge = exitCode === 1 && stderr.includes('the data itself has');
    return isLarge
      ? { done: true as const, value: stdout + stderr }
      : { done: false as const, seen: stdout + stderr };
  };
  const said = await waitFor(round, { what: 'the data to be too large', timeout: 5 * 60_000 });
  expect(said).to.match(/most of it below \/neco\//);
  expect(said).to.match(/\/neco\/: \d+ MB in \d+ keys/);
}

/** Fills it until status warns, which is before it is full. */
async function fillToBrim(server: Server): Promise<void> {
  await fill(server, 30);
  while ((await databaseSize(server)) < quota * 0.81) await fill(server, 1);
}

async function alarms(server: Server): Promise<string> {
  return (await etcdctl(server, 'neco', ['alarm', 'list'])).stdout.trim();
}

async function databaseSize(server: Server): Promise<number> {
  const { stdout } = await etcdctl(server, 'neco', ['endpoint', 'status', '-w', 'json']);
  const [answer] = JSON.parse(stdout || '[]') as { Status: { dbSize: number } }[];
  return answer?.Status.dbSize ?? Infinity;
}

/** Kills neco etcd recover-space while etcd of the server trusts its certificate, and no neco-worker is there to end that. */
async function killHalfWay(server: Server): Promise<void> {
  const dropIn = '/run/systemd/system/etcd.service.d/neco-recover-space.conf';
  await shell(
    server,
    `systemctl stop neco-worker
     neco etcd recover-space >/root/recover.log 2>&1 & command=$!
     timeout 60 sh -c 'until [ -e ${dropIn} ]; do sleep 0.05; done'
     kill -KILL $command`,
  );
  expect(await dropIns(server)).to.include(dropIn);
}

/** What changes the unit of etcd on a server. */
async function dropIns(server: Server): Promise<string> {
  await server.run(['systemctl', 'daemon-reload']);
  return (await server.run(['systemctl', 'show', '--property=DropInPaths', '--value', 'etcd'])).trim();
}
