import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { etcdctl, etcdValue, serverAuthority } from '../../../src/cluster/stock-clients.ts';
import { reported, untilAllWell, untilGone } from '../steps/follow-hint.ts';
import {
  carryPassword,
  clusterWithSpares,
  eventually,
  memberNames,
  startJoin,
  startWorkers,
} from '../steps/joining.ts';
import { leave } from '../steps/leaving.ts';
import { shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { logInAsAdministrator, logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `ap${process.pid}`;

/** Each test brings a fault about, follows what status prints for it to the letter, and ends with a healthy cluster. */
describe('the remedies of applications’ certificates', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let servers: readonly Server[];
  let zero: Server;
  let one: Server;
  let three: Server;

  before(async () => {
    const dataCenter = await clusterWithSpares(name, [3]);
    servers = dataCenter.servers.slice(0, 3);
    [zero, one, three] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(3)];
    await carryPassword(dataCenter, 1);
  });
  afterEach(async () => {
    for (const server of servers) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  const neco = async (server: Server, ...words: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await server.exec(['neco', ...words], { timeout: 120_000 });
    expect(exitCode, `neco ${words.join(' ')}: ${stderr}`).to.equal(0);
    return stdout;
  };

  /** Puts a certificate of an application in place that lives so long, and records it, as a service does that renews its own. */
  async function shorten(application: string, ttl: string): Promise<void> {
    const signed = await (
      await logInAsBootServer(one)
    ).sign('ca/etcd-client', application, application, `ttl=${ttl}`);
    expect(signed.exitCode, signed.stderr).to.equal(0);
    const file = `/etc/${application}/etcd`;
    await shell(one, `cat ${signed.key} >${file}.key; cat ${signed.certificate} >${file}.crt`);
    const asked = await one.run([
      ...['openssl', 'x509', '-noout', '-serial', '-startdate', '-enddate'],
      ...['-in', signed.certificate],
    ]);
    const field = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(asked)?.[1] ?? '';
    const key = `/neco/applications/${application}`;
    const record = JSON.parse((await etcdValue(one, key)) ?? '') as { certificates: object[] };
    const certificate = {
      lrn: 1,
      serial: (field('serial').match(/../g) ?? []).join(':').toLowerCase(),
      notBefore: new Date(field('notBefore')).toISOString(),
      notAfter: new Date(field('notAfter')).toISOString(),
    };
    const text = JSON.stringify({ ...record, certificates: [certificate] });
    expect((await etcdctl(one, 'neco', ['put', key, text])).exitCode).to.equal(0);
  }

  tests.it(
    'the certificate of an application that expires, and has expired: renewed as it is printed',
    async () => {
      await neco(zero, 'init', ...asAdministrator, 'short');
      await neco(one, 'init-local', ...asAdministrator, 'short');
      for (const [ttl, id] of [
        ['12s', 'application-certificate-expiring'],
        ['1s', 'application-certificate-expired'],
      ] as const) {
        await shorten('short', ttl);
        const told = await reported(zero, id, 'the certificate of the application short on boot-1');
        expect(told.hint).to.equal('on boot-1: neco init-local short');
        await neco(one, 'init-local', ...asAdministrator, 'short');
        await untilGone(zero, id);
      }
    },
  );

  tests.it(
    'a server that joins while the server CA is rotated, and whose registration alone is removed: removed as it is printed',
    async () => {
      await neco(zero, 'init', ...asAdministrator, 'left-over');
      const admin = await logInAsAdministrator(zero);
      const done = async (...words: readonly string[]): Promise<string> => {
        const { exitCode, stdout, stderr } = await admin.run(...words);
        expect(exitCode, `vault ${words.join(' ')}: ${stderr}`).to.equal(0);
        return stdout;
      };
      const before = await zero.readFile(serverAuthority);
      const { data: old } = JSON.parse(await done('read', '-format=json', 'ca/server/config/issuers')) as {
        data: { default: string };
      };
      // The first two steps of the README, and the beginning of the third: nothing is reissued yet.
      const made = ['common_name=neco server CA', 'key_type=ec', 'ttl=87600h'];
      const { data } = JSON.parse(
        await done('write', '-format=json', 'ca/server/root/rotate/internal', ...made),
      ) as { data: { certificate: string; issuer_id: string } };
      for (const server of servers) await server.writeFile(serverAuthority, `${before}${data.certificate}\n`);
      for (const server of servers)
        await done('write', `auth/cert/certs/${server.name}`, `certificate=@${serverAuthority}`);
      await done('write', 'ca/server/root/replace', `default=${data.issuer_id}`);

      const { hash, join } = JSON.parse(await neco(zero, 'ca-hash', '--json')) as {
        hash: string;
        join: string;
      };
      expect(hash).to.match(/^sha256:[0-9a-f]{64},sha256:[0-9a-f]{64}$/);
      expect(join).to.equal(`neco join --ca-hash ${hash} 0 1 2`);
      const words = join.split(' ').slice(2);
      await expectDone([await startJoin(three, [...asAdministrator, ...words])]);
      await startWorkers([three]);
      await eventually('boot-3 to vote', ['boot-0', 'boot-1', 'boot-2', 'boot-3'], () => memberNames(zero));
      for (const server of [zero, three]) await untilAllWell(server);

      await neco(three, 'init-local', ...asAdministrator, 'left-over');
      await neco(zero, 'leave', '--registry-only', '--yes', ...asAdministrator, '3');
      const told = await reported(zero, 'application-server-unregistered', 'left-over on boot-3');
      expect(told.hint).to.equal('neco leave 3');
      const left = await leave(zero, '3');
      expect(left.exitCode, left.stderr).to.equal(0);
      await untilGone(zero, 'application-server-unregistered');

      await done('write', 'ca/server/root/replace', `default=${old.default}`);
      for (const server of servers) await server.writeFile(serverAuthority, before);
      for (const server of servers)
        await done('write', `auth/cert/certs/${server.name}`, `certificate=@${serverAuthority}`);
    },
  );

  tests.choose(1, seeded(partSeed));
});
