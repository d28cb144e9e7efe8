import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { necoDeb } from '../../../../deb/neco-deb.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { administrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import {
  etcdValue,
  logInToVault,
  serverAuthority,
  vault,
  vaultOf,
} from '../../../src/cluster/stock-clients.ts';
import { untilHealthy } from '../../../src/cluster/until-healthy.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  namedEndpoints,
  startJoin,
  startWorkers,
  wantedEndpoints,
} from '../steps/joining.ts';
import { activeVault, knowsActiveVault } from '../steps/leaders.ts';
import { failureOf } from '../steps/refusal.ts';
import { logInAsAdministrator, type VaultLogIn } from '../steps/vault-log-in.ts';

const name = `up${process.pid}`;
const newer = '99.0.0';
const limits = ['neco-userpass', 'neco-generate-root', 'neco-rekey'].map(
  (name) => `sys/quotas/rate-limit/${name}`,
);

describe('boot servers that lose power and are upgraded, step by step', function () {
  this.timeout(5 * 60_000);
  let dataCenter: DataCenter;
  let present: Server[];

  before(async () => {
    dataCenter = await clusterWithSpares(name, [3]);
    present = dataCenter.servers.slice(0, 3);
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
  });

  after(() => DataCenter.takeDown(name));

  it('notice without a log-in that the etcd of one has lost power, so that the first log-in succeeds', async () => {
    const active = await activeVault(present);
    const [other, victim] = present.filter((server) => server !== active);
    if (other === undefined || victim === undefined) throw new Error('no other servers');
    await victim.crash();
    for (const server of [active, other]) {
      await eventually(`Vault of ${server.name} to have no connection to ${victim.name}`, '', () =>
        connectionsOfVault(server, victim),
      );
    }
    // The active one may have lost its lease, which it kept alive over the same connection.
    for (const server of [active, other])
      await eventually(`${server.name} to know an active Vault`, true, () => knowsActiveVault(server));
    for (const server of [active, other]) {
      const logIn = await logInToVault(
        server,
        '/root/vault-first',
        administrator.name,
        administrator.passwordFile,
      );
      expect(logIn.exitCode, `${server.name}: ${logIn.stderr}`).to.equal(0);
    }
    await victim.boot();
    await untilHealthy(present);
  });

  it('have the limits that an earlier neco did not set after setup of the finished cluster is run again', async () => {
    const zero = dataCenter.server(0);
    const admin = await logInAsAdministrator(zero);
    await forgetLimits(zero, admin);
    const record = '/var/lib/neco/setup.json';
    const { requestLimits, ...earlier } = JSON.parse(await zero.readFile(record)) as Record<string, unknown>;
    expect(requestLimits).to.be.a('number');
    await zero.writeFile(record, JSON.stringify(earlier), 0o600);
    const unnamed = await zero.exec(['neco', 'setup', '0', '1', '2']);
    expect(unnamed.exitCode, unnamed.stderr).to.equal(0);
    expect(unnamed.stdout + unnamed.stderr).to.include(
      'neco setup 0 1 2 --admin NAME --admin-password-file FILE',
    );
    const named = ['--admin', administrator.name, '--admin-password-file', administrator.passwordFile];
    const again = await zero.exec(['neco', 'setup', ...named, '0', '1', '2']);
    expect(again.exitCode, again.stderr).to.equal(0);
    expect(await ratesOf(admin)).to.deep.equal(['100', '10', '10']);
    const third = await zero.exec(['neco', 'setup', '0', '1', '2']);
    expect(third.stdout + third.stderr)
      .to.include('nothing to do')
      .and.not.include('--admin NAME');
  });

  it('let who has the unseal key generate a root token while an outsider cancels that all the time', async () => {
    const [zero, outsider] = [dataCenter.server(0), dataCenter.server(3)];
    const active = await activeVault(present);
    await outsider.writeFile('/root/server-ca.crt', await zero.readFile(serverAuthority));
    const url = `${vaultOf(active)}/v1/sys/generate-root/attempt`;
    const loop = `while :; do curl --silent --output /dev/null --write-out '%{http_code}\\n' --cacert /root/server-ca.crt --request DELETE "$1"; done`;
    const pest = await outsider.spawn(['sh', '-c', loop, 'sh', url]);
    try {
      await eventually('the outsider to be at it', true, async () => {
        const seen = ['state', 'all', 'dst', active.address, 'dport', '=', ':8200'];
        return (await outsider.run(['ss', '-Htn', ...seen])) !== '';
      });
      const key = (await etcdValue(zero, '/neco/vault-unseal-key')) ?? '';
      await eventually('a root token', 0, async () => await generateRoot(zero, key));
    } finally {
      await pest.killTree();
    }
  });

  it('say what they run after an upgrade, refuse one that runs something else, and let one join that runs the same', async () => {
    const [zero, three] = [dataCenter.server(0), dataCenter.server(3)];
    const deb = await readFile((await necoDeb({ version: newer })).path);
    for (const server of present) await upgrade(server, deb);
    for (const lrn of [0, 1, 2])
      await eventually(`the version of boot-${lrn}`, newer, () => registeredVersion(zero, lrn));

    const join = joinArguments(await caHash(zero));
    const refused = await (await startJoin(three, join)).result;
    expect(refused.exitCode, refused.stderr).to.equal(3);
    const { message, hint, details } = failureOf({ stdout: '', ...refused });
    const said = [message, hint, ...details.flatMap((detail) => [detail.message, detail.hint])].join('\n');
    expect(said).to.match(
      /boot-0 runs neco 99\.0\.0, which does not work together with 0\.\d+\.\d+ on this server/,
    );
    expect(said).to.include(`apt-get install neco=${newer}`).and.not.include('downgrade');

    // What an administrator has made of the files' modes stays when the new server gets into them.
    const files = ['/etc/neco/neco-worker.yml', '/etc/neco/neco-updater.yml', '/etc/vault/vault.json'];
    const status = () => zero.run(['stat', '--format=%n %a %U %G', ...files]);
    await zero.run(['chmod', '0600', '/etc/neco/neco-worker.yml']);
    await zero.run([
      'sh',
      '-c',
      'chmod 0640 /etc/neco/neco-updater.yml; chgrp adm /etc/neco/neco-updater.yml',
    ]);
    await zero.run(['sh', '-c', 'chmod 0400 /etc/vault/vault.json; chown vault /etc/vault/vault.json']);
    const before = await status();

    const admin = await logInAsAdministrator(zero);
    await forgetLimits(zero, admin);

    await upgrade(three, deb);
    await expectDone([await startJoin(three, join)]);
    await startWorkers([three]);
    await eventually('four voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3'], () => memberNames(zero));
    await eventually('the endpoints', wantedEndpoints(zero, dataCenter.servers), () => namedEndpoints(zero));
    expect(await status()).to.equal(before);
    await untilHealthy(dataCenter.servers);
    expect(await ratesOf(admin)).to.deep.equal(['100', '10', '10']);
    expect(await registeredVersion(zero, 3)).to.equal(newer);
  });
});

/** As a person does it, from the beginning in each try. @returns 0 when there is an encoded token */
async function generateRoot(server: Server, unsealKey: string): Promise<number> {
  const run = (...args: string[]) => vault(server, '/root', ['operator', 'generate-root', ...args]);
  await run('-cancel');
  const begun = await run('-init', '-format=json');
  if (begun.exitCode !== 0) return begun.exitCode;
  const { nonce } = JSON.parse(begun.stdout) as { nonce: string };
  const argv = ['operator', 'generate-root', '-format=json', `-nonce=${nonce}`, '-'];
  const { exitCode, stdout } = await vault(server, '/root', argv, { input: unsealKey });
  return exitCode === 0 && stdout.includes('"complete": true') ? 0 : 1;
}

/** As a neco left it that knew of no limit: the rights of the administrator too. */
async function forgetLimits(server: Server, admin: VaultLogIn): Promise<void> {
  const done = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await admin.run(...args);
    expect(exitCode, stderr).to.equal(0);
    return stdout;
  };
  for (const limit of limits) await done('delete', limit);
  const policy = await done('policy', 'read', 'neco-administrator');
  const earlier = policy.replaceAll(/path "sys\/(quotas|auth\/userpass\/tune)[^}]*\}\n/g, '');
  expect(earlier.length).to.be.below(policy.length);
  await server.writeFile('/root/earlier.hcl', earlier, 0o600);
  await done('policy', 'write', 'neco-administrator', '/root/earlier.hcl');
}

async function ratesOf(admin: VaultLogIn): Promise<string[]> {
  const rates = limits.map(async (limit) => (await admin.run('read', '-field=rate', limit)).stdout);
  return await Promise.all(rates);
}

/** The connections of Vault to the etcd of another server that the kernel holds to be in order. */
async function connectionsOfVault(server: Server, other: Server): Promise<string> {
  const filter = ['state', 'established', 'dst', other.address, 'dport', '=', ':2379'];
  const lines = (await server.run(['ss', '-Htnp', ...filter])).split('\n');
  return lines.filter((line) => line.includes('"vault"')).join('\n');
}

/** Installs the deb as a person would, in place of the one that is there. */
async function upgrade(server: Server, deb: Buffer): Promise<void> {
  await server.writeFile('/root/neco.deb', deb);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  await server.run(['apt-get', 'install', '--yes', '/root/neco.deb'], { timeout: 120_000, environment });
  expect(await server.run(['neco', '--version'])).to.equal(`${newer}\n`);
}

async function registeredVersion(server: Server, lrn: number): Promise<string | undefined> {
  const text = (await etcdValue(server, `/neco/bootservers/${lrn}`)) ?? '{}';
  return (JSON.parse(text) as { neco?: string }).neco;
}
