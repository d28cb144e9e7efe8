import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { etcdctl, etcdValue } from '../../../src/cluster/stock-clients.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
  vaultState,
  registrationState,
} from '../steps/joining.ts';
import { partOf, partSeed, runsAll, seeded } from '../steps/seeded.ts';
import { logInAsAdministrator, logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `ji${process.pid}`;
/** What neco-worker does of a join, as its journal has it. */
const workerPhases = [
  'Start etcd',
  'Promote the etcd member',
  'Start Vault',
  'Unseal Vault',
  'Mark the registration active',
];
const four = ['boot-0', 'boot-1', 'boot-2', 'boot-3'];

describe(`neco join that is interrupted (seed ${partSeed}${runsAll ? ', all' : ''})`, function () {
  this.timeout(15 * 60_000);

  afterEach(async () => {
    await DataCenter.takeDown(name);
  });

  it('goes on after kill -9 in every phase, after a power cut, while another server is down, and anew with an empty disk, with its worker killed', async () => {
    const dataCenter = await clusterWithSpares(name, [3]);
    const [zero, three] = [dataCenter.server(0), dataCenter.server(3)];
    const argv = joinArguments(await caHash(zero));

    await dataCenter.server(1).crash();
    const killed = await joinKilledInEvery(three, argv);
    expect(killed).to.include.members([
      'install-packages',
      'obtain-certificates',
      'add-learner',
      'register-this-server',
    ]);
    expect(await memberNames(zero), 'one learner, though it was added again and again').to.deep.equal([
      'boot-0',
      'boot-1',
      'boot-2',
      'unstarted (learner)',
    ]);

    // Nobody has started neco-worker yet, or had the time to: it goes on by itself after the boot.
    await three.crash();
    await three.boot();
    await eventually('four voters', four, () => memberNames(zero));
    await eventually('a fourth Vault', 'standby', () => vaultState(three));
    await dataCenter.server(1).boot();
    await eventually('all Vaults', 3, () => standbys(dataCenter));
    await expectRepair(zero, three, argv);
    await eventually('all Vaults, after the repair', 3, () => standbys(dataCenter));

    for (const phase of partOf(workerPhases, 1, seeded(partSeed))) {
      const serials = await registeredSerials(zero);
      await dataCenter.wipe(3);
      await carryPassword(dataCenter, 3);
      await expectDone([await startJoin(three, argv)]);
      const killed = killWorkerAt(three, phase);
      await startWorkers([three]);
      expect(await killed, `neco-worker was killed at: ${phase}`).to.equal(0);
      await eventually('four voters again', four, () => memberNames(zero));
      await eventually(`the registration, after: ${phase}`, 'active', () => registrationState(zero, 3));
      const restarts = ['systemctl', 'show', '--property=NRestarts', '--value', 'neco-worker'];
      await eventually(`neco-worker to run again, after: ${phase}`, true, async () => {
        return Number(await three.run(restarts)) > 0;
      });
      await eventually(`the end of the join, after: ${phase}`, true, async () => {
        const log = await three.run(['journalctl', '-u', 'neco-worker', '-o', 'cat', '--no-pager']);
        return log.includes('boot-3 is now a boot server');
      });
      const renewed = await registeredSerials(zero);
      expect(renewed.filter((serial) => serials.includes(serial))).to.deep.equal([]);
      await expectRevoked(zero, serials);
      await eventually('all Vaults again', 3, () => standbys(dataCenter));
    }
  });
});

/** Kills neco-worker once, as soon as it says that it comes to this phase. @returns 0 when it came to that */
async function killWorkerAt(server: Server, phase: string): Promise<number> {
  const script = `journalctl --follow --no-tail --unit neco-worker --output cat | {
    grep --quiet --line-regexp --extended-regexp '${phase}: (started|skipped)' && systemctl kill --signal=KILL neco-worker
  }`;
  return (await server.exec(['sh', '-euc', script], { timeout: 60_000 })).exitCode;
}

/** Kills join in every phase that it begins, each once. @returns the phases */
async function joinKilledInEvery(server: Server, argv: readonly string[]): Promise<string[]> {
  const killed = new Set<string>();
  for (;;) {
    const run = await startJoin(server, argv);
    const begun = await run.next(({ id = '', status }) => status === 'started' && !killed.has(id));
    if (begun?.id === undefined) {
      await expectDone([run]);
      return [...killed];
    }
    killed.add(begun.id);
    await run.kill();
  }
}

/** Run again, join finds nothing to do and asks nobody to log in; what was deleted in etcd and Vault it makes again, and no more. */
async function expectRepair(zero: Server, three: Server, argv: readonly string[]): Promise<void> {
  const unasked = argv.filter(
    (word, index) => ![word, argv[index - 1]].some((one) => one?.startsWith('--vault-')),
  );
  expect(await phasesThatRan(three, unasked)).to.deep.equal([]);
  const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
  const deleted = await etcdctl(zero, root, ['user', 'delete', 'vault-3']);
  expect(deleted.exitCode, deleted.stderr).to.equal(0);
  const administrator = await logInAsAdministrator(zero);
  const logIn = ['auth/cert/certs/boot-3', 'sys/policies/acl/boot-3'];
  for (const path of logIn) expect((await administrator.run('delete', path)).exitCode, path).to.equal(0);
  const member = await etcdValue(zero, '/neco/bootservers/3');
  expect(await phasesThatRan(three, argv)).to.deep.equal([
    'check-this-server',
    'trust-the-cluster',
    'log-in',
    'check-the-cluster',
    'await-turn',
    'obtain-certificates',
    'allow-in-etcd',
  ]);
  expect((await etcdctl(zero, root, ['user', 'get', 'vault-3'])).stdout).to.match(/Roles: vault/);
  for (const path of logIn) expect((await administrator.run('read', path)).exitCode, path).to.equal(0);
  expect(await etcdValue(zero, '/neco/bootservers/3'), 'the same certificates').to.equal(member);
}

async function phasesThatRan(server: Server, argv: readonly string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await server.exec(['neco', 'join', '--json', ...argv], {
    timeout: 120_000,
  });
  expect(exitCode, stderr).to.equal(0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id?: string; status?: string });
  return events.flatMap(({ id, status }) => (id !== undefined && status === 'done' ? [id] : []));
}

async function standbys({ servers }: DataCenter): Promise<number> {
  const states = await Promise.all(servers.map(vaultState));
  return states.filter((state) => state === 'standby').length;
}

async function registeredSerials(server: Server): Promise<string[]> {
  const text = (await etcdValue(server, '/neco/bootservers/3')) ?? '';
  return (JSON.parse(text) as { serials: string[] }).serials;
}

/** The lists that lie on the server name these serials, by openssl. */
async function expectRevoked(server: Server, serials: readonly string[]): Promise<void> {
  const script =
    'for list in server etcd-peer etcd-client; do openssl crl -inform der -in /etc/neco/ca/$list.crl -noout -text; done';
  await eventually('the revocation lists', [], async () => {
    const text = await server.run(['sh', '-euc', script]);
    const named = new Set([...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial));
    return serials.filter((serial) => !named.has(serial.replaceAll(':', '').toUpperCase()));
  });
}
