import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { faultsSeen, reported, untilAllWell, type ReportedFault } from '../steps/follow-hint.ts';
import { carryPassword, eventually, startWorkers } from '../steps/joining.ts';
import { peerAnswer } from '../steps/leaving.ts';
import { shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { threeServers } from '../steps/three-servers.ts';

/** Each test keeps members of etcd apart at port 2380 and follows what status prints of it to the letter. */
describe('etcd members that do not let each other in', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  const cluster = threeServers(`pe${process.pid}`);
  const all = (): Server[] => [...cluster().dataCenter.servers];

  before(async () => {
    for (const lrn of [1, 2]) await carryPassword(cluster().dataCenter, lrn);
    await startWorkers(all());
  });
  afterEach(async () => {
    for (const server of all()) await untilAllWell(server);
  });

  tests.it(
    'a foreign CA of the peers: the server that has it is named by all, and gets the right one',
    async () => {
      const { zero, one, two } = cluster();
      const authority = await two.readFile(file.authority);
      await shell(two, `${foreign(file.authority, '/root/foreign.key')}; systemctl restart --no-block etcd`);
      await eventually('boot-2 to refuse boot-0', '', () => peerAnswer(zero, two));
      for (const server of [two, zero, one]) {
        // As long as no Vault is active, the file is to be copied.
        await eventually(`${server.name} to print how boot-2 gets it`, true, async () => {
          const { hint } = await reported(server, 'peer-refused', 'etcd of boot-2 refuses etcd of');
          return /^on boot-2: cd .* vault read .*etcd-peer\/cert\/ca/.test(hint);
        });
      }
      const fault = await reported(zero, 'peer-refused', 'etcd of boot-0 and etcd of boot-1');
      await nobodyStarts(zero, two);
      await paste(fault, two);
      await untilAllWell(zero);
      expect(await two.readFile(file.authority)).to.equal(authority);
    },
  );

  tests.it('a foreign peer certificate: signed again by the one line that status prints', async () => {
    const { zero, two } = cluster();
    await shell(
      two,
      `${foreign('/root/foreign.crt', '/root/foreign.key')}
      cat /root/foreign.key >${file.key}; cat /root/foreign.crt >${file.certificate}
      systemctl restart --no-block etcd`,
    );
    // A pair of two others, seen from the third.
    const fault = await reported(zero, 'peer-refused', 'etcd of boot-1 refuses etcd of boot-2 as a peer');
    expect(fault.message).to.include('etcd of boot-0 refuses etcd of boot-2 as a peer');
    const here = await reported(two, 'peer-refused', 'refuses etcd of boot-2 as a peer');
    for (const { hint } of [fault, here]) expect(hint).to.match(/^on boot-2, as a Vault administrator: /);
    await nobodyStarts(zero, two);
    await paste(fault, two);
  });

  tests.it(
    'a firewall between two others: named with both, and its rule is found as status says',
    async () => {
      const { zero, one, two } = cluster();
      await shell(
        two,
        `nft -f - <<'RULES'
      table inet site {
        chain input {
          type filter hook input priority 0; policy accept;
          ip saddr ${one.address} tcp dport 2380 drop
          ip saddr ${one.address} tcp sport 2380 drop
        }
      }
      RULES`.replace(/^ +RULES$/m, 'RULES'),
      );
      const both = 'etcd of boot-1 and etcd of boot-2 cannot reach each other at port 2380';
      const fault = await reported(zero, 'peer-unreachable', both);
      const [, list = ''] = /on boot-2: (nft -a list ruleset);/.exec(fault.hint) ?? [];
      expect(fault.hint)
        .to.include(`on boot-1: ${list}`)
        .and.to.include('nft delete rule FAMILY TABLE CHAIN handle HANDLE');
      expect(await shell(one, list)).not.to.include('2380');
      const handles = [...(await shell(two, list)).matchAll(/2380 drop # handle (\d+)/g)].map(
        ([, handle = '']) => handle,
      );
      expect(handles).to.have.length(2);
      for (const handle of handles) await shell(two, `nft delete rule inet site input handle ${handle}`);
    },
  );

  tests.choose(2, seeded(partSeed));
});

const file = {
  authority: '/etc/neco/ca/etcd-peer.crt',
  certificate: '/etc/etcd/peer.crt',
  key: '/etc/etcd/peer.key',
} as const;

/** A CA, or a certificate, of somebody else. */
function foreign(certificate: string, key: string): string {
  return `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=boot-2 -keyout ${key} -out ${certificate} 2>/dev/null`;
}

/** No hint says to start an etcd that its peers do not let in. */
async function nobodyStarts(server: Server, refused: Server): Promise<void> {
  const seen = await faultsSeen(server);
  for (const { hint } of seen.filter(({ id }) => id !== 'peer-refused'))
    expect(hint, JSON.stringify(seen)).to.not.match(/start (--no-block )?etcd/);
  expect(seen.findIndex(({ id }) => id === 'peer-refused')).to.equal(0);
  expect(refused.name).to.equal('boot-2');
}

/** Runs the one line of a hint on its server; the password that Vault asks for on a terminal comes from a file. */
async function paste({ hint }: ReportedFault, server: Server): Promise<void> {
  const [, name = '', line = ''] = /^on (boot-\d+)[^:]*: (.*?)(?:; or, .*)?$/.exec(hint) ?? [];
  expect(name).to.equal(server.name);
  const logIn =
    'tr -d "\\n" </root/admin-password | vault login -no-print -method=userpass username=admin password=-';
  const typed = line.replace('vault login -no-print -method=userpass username=ADMINISTRATOR', logIn);
  await shell(server, `export HOME=/root; ${typed}`);
}
