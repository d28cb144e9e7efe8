import { expect } from 'chai';
import { DataCenter } from '../../src/data-center.ts';
import type { Server } from '../../src/server.ts';
import { expectDone } from '../../src/set-up-cluster.ts';
import { etcdValue } from '../../src/stock-clients.ts';
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
} from './joining.ts';

const name = `ji${process.pid}`;
const four = ['boot-0', 'boot-1', 'boot-2', 'boot-3'];

describe('neco join that is interrupted', function () {
  this.timeout(15 * 60_000);

  afterEach(async () => {
    await DataCenter.takeDown(name);
  });

  it('goes on after kill -9 in every phase, after a power cut, while another server is down, and anew with an empty disk', async () => {
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
    const serials = await registeredSerials(zero);

    await dataCenter.wipe(3);
    await carryPassword(dataCenter, 3);
    await expectDone([await startJoin(dataCenter.server(3), argv)]);
    await startWorkers([dataCenter.server(3)]);
    await eventually('four voters again', four, () => memberNames(zero));
    await eventually('the registration', 'active', async () => {
      const record = JSON.parse((await etcdValue(zero, '/neco/bootservers/3')) ?? '{}') as { state?: string };
      return record.state;
    });
    const renewed = await registeredSerials(zero);
    expect(renewed.filter((serial) => serials.includes(serial))).to.deep.equal([]);
    await expectRevoked(zero, serials);
    await eventually('all Vaults again', 3, () => standbys(dataCenter));
  });
});

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
