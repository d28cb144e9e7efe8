import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { certificateKindNames, certificateKinds } from '@neco/cluster-access';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { failure } from '../steps/leaving.ts';
import { faultsSeen, follow, reported, untilAllWell, untilGone } from '../steps/follow-hint.ts';
import { carryPassword, clusterWithSpares, mainPids } from '../steps/joining.ts';
import { shell } from '../steps/refusal.ts';
import { pasteReplacement, shorten } from './replace-certificate.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { logInAsAdministrator, logInAsBootServer, logInWith } from '../steps/vault-log-in.ts';

const name = `ce${process.pid}`;

/** Each test brings a fault about, follows what status prints for it to the letter, and ends with a healthy cluster. */
describe('the remedies of certificates', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let servers: readonly Server[];
  let zero: Server;
  let one: Server;

  before(async () => {
    const dataCenter = await clusterWithSpares(name, []);
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
    servers = dataCenter.servers.slice(0, 3);
    [zero, one] = [dataCenter.server(0), dataCenter.server(1)];
  });
  afterEach(async () => {
    for (const server of servers) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  for (const kindName of certificateKindNames) {
    const { certificatePath } = certificateKinds[kindName];
    tests.it(`${certificatePath} expires, and has expired: replaced as it is printed`, async () => {
      const pids = await mainPids(one);
      await shorten(one, [kindName], '14s');
      const soon = await reported(one, 'certificate-expiring', `${certificatePath} of boot-1`);
      expect(soon.message).to.match(/expires in \d+ s, on /);
      const expired = await reported(one, 'certificate-expired', `${certificatePath} of boot-1`);
      for (const server of servers) {
        const seen = await faultsSeen(server);
        for (const { hint } of seen)
          expect(hint).to.not.match(/systemctl (re)?start (--no-block )?(etcd|vault)/);
        if (server === one) expect(seen[0]?.id).to.equal('certificate-expired');
      }
      await pasteReplacement(expired.hint, servers);
      await untilGone(one, 'certificate-expired');
      await untilAllWell(one);
      expect(await mainPids(one), 'etcd and Vault, which were not restarted').to.equal(pids);
    });
  }

  tests.it(
    'all certificates of a server expire at once: replaced one after the other as it is printed',
    async () => {
      await shorten(one, certificateKindNames, '12s');
      await reported(one, 'certificate-expired', certificateKinds.server.certificatePath);
      const again = await one.exec(['neco', 'setup', '--json', '0', '1', '2'], { timeout: 60_000 });
      const { code, text } = failure(again);
      // By how many of them have expired in this second.
      expect(['CERTIFICATE_INVALID', 'ETCD_UNAUTHENTICATED', 'VERIFICATION_FAILED'], text).to.include(code);
      expect(text).to.match(/run neco status, which prints for each (certificate|fault)/);
      for (let left = certificateKindNames.length; left > 0; left--) {
        const [first] = await faultsSeen(one);
        expect(first?.id, JSON.stringify(first)).to.equal('certificate-expired');
        await pasteReplacement(first?.hint ?? '', servers);
      }
      await untilGone(one, 'certificate-expired');
    },
  );

  tests.it(
    'all certificates of all servers expire at once: replaced in the printed order, first over the loopback',
    async () => {
      await Promise.all(servers.map((server) => shorten(server, certificateKindNames, '12s')));
      for (const server of servers)
        await reported(server, 'certificate-expired', certificateKinds.server.certificatePath);
      let isFirst = true;
      for (const server of servers) {
        for (let left = certificateKindNames.length; left > 0; left--) {
          const own = (await faultsSeen(server)).find(({ hint }) => hint.startsWith(`on ${server.name},`));
          expect(own?.id).to.equal('certificate-expired');
          const line = await pasteReplacement(own?.hint ?? '', servers);
          expect(line.includes('VAULT_SKIP_VERIFY=true'), line).to.equal(isFirst);
          isFirst = false;
        }
      }
      for (const server of servers) await untilGone(server, 'certificate-expired');
    },
  );

  tests.it('a certificate that is not valid yet: replaced as it is printed', async () => {
    await shell(
      one,
      `cd /root; openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out early.key
       faketime -f +2d openssl req -x509 -new -key early.key -subj /CN=boot-1 -days 9 -out early.crt
       cat early.key >/etc/vault/server.key; cat early.crt >/etc/vault/server.crt; systemctl reload vault`,
    );
    await reported(zero, 'certificate-not-yet-valid', `https://${one.address}:8200 of boot-1`);
    const early = await reported(one, 'certificate-not-yet-valid', '/etc/vault/server.crt of boot-1');
    await pasteReplacement(early.hint, servers);
    await untilGone(zero, 'certificate-not-yet-valid');
  });

  tests.it('certificates and keys that are missing or broken: restored as it is printed', async () => {
    const kinds = certificateKinds;
    // A link that is gone, although what it leads to is there.
    await shell(one, `rm ${kinds.etcdListener.certificatePath}`);
    const lost = await reported(one, 'certificate-unreadable', kinds.etcdListener.certificatePath);
    expect(lost.hint).to.equal('on boot-1: systemctl restart neco-worker, which restores it');
    await follow(lost, servers);
    await untilGone(one, 'certificate-unreadable');
    // What this server needs to look at the others.
    for (const harm of [
      // The links lead nowhere; afterwards they are files.
      `rm -rf /etc/neco/.pairs/etcd; [ -L ${kinds.necoClient.keyPath} ] || rm ${kinds.necoClient.keyPath}`,
      `echo broken >${kinds.necoClient.certificatePath}`,
      `openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ${kinds.necoClient.keyPath}`,
      `rm -rf /etc/vault/.pairs/etcd /etc/vault/etcd.crt`,
    ]) {
      await shell(one, harm);
      const broken = await reported(one, 'certificate-unreadable', 'etcd.crt of boot-1');
      expect(
        (await faultsSeen(one)).map(({ id }) => id),
        harm,
      ).to.not.include('etcd-quorum-lost');
      await pasteReplacement(broken.hint, servers);
      await untilGone(one, 'certificate-unreadable');
    }
    // A CA, which is no secret.
    await shell(one, 'rm /etc/neco/ca/etcd-peer.crt');
    const ca = await reported(one, 'certificate-unreadable', '/etc/neco/ca/etcd-peer.crt');
    const [, line = ''] = /^on boot-1: (.*?); or, while that CA/.exec(ca.hint) ?? [];
    await shell(one, `export HOME=/nowhere; ${line}`);
    expect(await one.readFile('/etc/neco/ca/etcd-peer.crt')).to.equal(
      await zero.readFile('/etc/neco/ca/etcd-peer.crt'),
    );
  });

  tests.it(
    'a certificate that Vault does not present, and one that is presented and not registered: as it is printed',
    async () => {
      await shell(one, 'systemctl stop neco-worker');
      await shorten(one, ['vaultListener'], '90d', { reload: false });
      const old = await reported(one, 'certificate-not-served', `https://${one.address}:8200 of boot-1`);
      await follow(old, servers);
      await untilGone(one, 'certificate-not-served');
      const unknown = await reported(zero, 'served-certificate-unregistered', '8200 of boot-1');
      await follow(unknown, servers);
      await untilGone(zero, 'served-certificate-unregistered');
    },
  );

  tests.it(
    'a server certificate that was revoked by hand: refused by Vault once the list is written as the README says',
    async () => {
      const names = ['alt_names=localhost', `ip_sans=${one.address},127.0.0.1`];
      const stolen = await (await logInAsBootServer(one)).sign('ca/server', 'boot-1', 'boot-1', ...names);
      await logInWith(one, 'boot-1', stolen);
      const asked = await one.run(['openssl', 'x509', '-in', stolen.certificate, '-noout', '-serial']);
      const serial = (asked.trim().replace('serial=', '').match(/../g) ?? []).join(':');
      const admin = await logInAsAdministrator(zero);
      const revoked = await admin.run('write', 'ca/server/revoke', `serial_number=${serial}`);
      expect(revoked.exitCode, revoked.stderr).to.equal(0);
      await logInWith(one, 'boot-1', stolen);
      const environment = `HOME=/root/vault-admin VAULT_ADDR=https://${zero.address}:8200 VAULT_CACERT=/etc/neco/ca/server.crt`;
      for (const command of await revocationCommands())
        await shell(zero, `cd /root; export ${environment}; ${command}`);
      const refused = await logInWith(one, 'boot-1', stolen).catch(String);
      expect(refused).to.match(/failed to match all constraints|invalid certificate|revoked/);
      await logInAsBootServer(one);
      const dropped = await admin.run('delete', 'auth/cert/crls/by-hand');
      expect(dropped.exitCode, dropped.stderr).to.equal(0);
    },
  );

  tests.choose(1, seeded(partSeed));
});

/** The commands that the README of cluster-access gives after a certificate was revoked by hand. */
async function revocationCommands(): Promise<string[]> {
  const readme = new URL('../../../../../packages/cluster-access/README.md', import.meta.url);
  const [, block = ''] = /by hand[^`]*```sh\n(.*?)```/s.exec(await readFile(readme, 'utf8')) ?? [];
  const commands = block.split('\n').filter((line) => line !== '');
  expect(commands, 'commands in the README').to.have.length.greaterThan(0);
  return commands;
}
