import { once } from 'node:events';
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { setupRecordFile } from '@neco/cluster-access';
import { NecoError, Secret, waitFor, type EtcdOptions } from '@neco/core';
import { openHost } from '@neco/host-installer';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { expect } from 'chai';
import { collectStatus } from '../src/collect-status.ts';
import { statusJsonSchema } from '../src/status-json-schema.ts';
import { statusSchema, type ClusterStatus } from '../src/status-schema.ts';
import { watchStatus } from '../src/watch-status.ts';
import { StatusCluster } from './status-cluster.ts';

describe('The status of a cluster', function () {
  this.timeout(120_000);
  const day = 24 * 3_600_000;
  let cluster: StatusCluster;

  before(async () => {
    cluster = await StatusCluster.start();
  });
  after(() => cluster.stop());

  // A validator that knows nothing of how the schema is written here.
  const fitsSchema = new Ajv2020({ formats: fullFormats, allErrors: true }).compile(statusJsonSchema());

  function check(status: ClusterStatus): ClusterStatus {
    expect(statusSchema.parse(status)).to.deep.equal(status);
    expect(fitsSchema(JSON.parse(JSON.stringify(status))), JSON.stringify(fitsSchema.errors)).to.equal(true);
    return status;
  }

  async function look(etcd: Partial<EtcdOptions> = {}): Promise<ClusterStatus> {
    const signal = new AbortController().signal;
    return check(await collectStatus({ etcd, signal, layout: cluster.layout, host: cluster.host }));
  }

  const messages = ({ warnings }: ClusterStatus): string => warnings.map(({ message }) => message).join('\n');
  const hints = ({ warnings }: ClusterStatus): string => warnings.map(({ hint }) => hint).join('\n');
  const etcds = ({ bootServers }: ClusterStatus): string[] =>
    bootServers.map(({ etcd }) => etcd.state).sort();
  const vaults = ({ bootServers }: ClusterStatus): string[] =>
    bootServers.map(({ vault }) => vault.state).sort();

  it('is healthy, with all that is there, when all is well', async () => {
    const status = await look();
    expect(messages(status)).to.equal('');
    expect(status).to.include({ healthy: true, state: 'set-up', cluster: 'test', lrn: 0, prefix: '/neco/' });
    expect(status.bootServers.map(({ name }) => name)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
    expect(etcds(status)).to.deep.equal(['follower', 'follower', 'leader']);
    expect(vaults(status)).to.deep.equal(['active', 'standby', 'standby']);
    expect(status.etcd).to.deep.equal({
      quorum: true,
      quotaBytes: 2 * 1024 ** 3,
      authEnabled: true,
      alarms: [],
      alarmsKnown: true,
      strayMembers: [],
    });
    expect(status.applications).to.deep.equal([]);
    expect(status.vault).to.deep.equal({ unsealKeyStored: true, rootTokenStored: false });
    for (const { etcd, vault } of status.bootServers) {
      expect(etcd.version).to.match(/^3\./);
      expect(etcd.databaseBytes).to.be.greaterThan(0);
      expect(vault.version).to.match(/^1\./);
    }
    // Two files here, and what etcd and Vault show on each server.
    expect(status.certificates).to.have.length(2 + 2 * 3);
    expect(status.certificates.find(({ where }) => where.endsWith('boot-0.crt'))?.daysLeft).to.be.within(
      88,
      90,
    );
  });

  it('names a member of etcd that is down, and goes on with the others', async () => {
    await cluster.killEtcd(2);
    try {
      const status = await look();
      expect(status.healthy).to.equal(false);
      expect(status.etcd.quorum).to.equal(true);
      expect(status.bootServers[2]?.etcd.state).to.equal('unreachable');
      expect(messages(status)).to.include('etcd of boot-2 does not answer');
      expect(hints(status)).to.include('on boot-2: systemctl start --no-block etcd');
      expect(vaults(status)).to.include('active');
    } finally {
      await cluster.repair();
    }
  });

  it('says within its deadlines that the quorum is lost', async () => {
    await cluster.killEtcd(1, 2);
    try {
      const begin = performance.now();
      const status = await look();
      expect(performance.now() - begin).to.be.lessThan(10_000);
      expect(status.etcd.quorum).to.equal(false);
      expect(status.vault).to.deep.equal({});
      expect(etcds(status).filter((state) => state === 'unreachable')).to.have.length(2);
      expect(messages(status)).to.include('etcd has no quorum');
      expect(hints(status)).to.include('on boot-1, boot-2: systemctl start --no-block etcd');
    } finally {
      await cluster.repair();
    }
  });

  it('says that a Vault is sealed and how it is unsealed', async () => {
    await cluster.sealVault(1);
    await cluster.giveFirstShare(1);
    try {
      const status = await look();
      expect(status.bootServers[1]?.vault.state).to.equal('sealed');
      expect(status.bootServers[1]?.vault).to.include({ progress: 1, threshold: 3, shares: 3 });
      expect(messages(status)).to.include('Vault of boot-1 is sealed, 1 of 3 shares given');
      expect(hints(status)).to.include('neco vault unseal 1').and.to.include('systemctl start neco-updater');
    } finally {
      await cluster.repair();
    }
  });

  it('is not held up by a server that accepts connections and never answers', async () => {
    const server = cluster.server(2);
    await server.vault?.kill();
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket)).listen(8200, server.address);
    await once(silent, 'listening');
    try {
      const begin = performance.now();
      const status = await look();
      expect(performance.now() - begin).to.be.lessThan(5_000);
      expect(status.bootServers[2]?.vault.state).to.equal('unreachable');
      expect(messages(status)).to.include('Vault of boot-2 does not answer');
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
      await once(silent, 'close');
      await cluster.repair();
    }
  });

  const writeLogIn = (name: string, ...settings: string[]) =>
    cluster.vault(
      'write',
      'auth/cert/certs/boot-0',
      `certificate=@${cluster.layout.serverCa}`,
      `allowed_common_names=${name}`,
      ...settings,
    );

  it('does not take a token that cannot be given back for a Vault that serves nobody', async () => {
    await writeLogIn('boot-0', 'token_no_default_policy=true');
    try {
      expect(messages(await look())).to.equal('');
    } finally {
      await writeLogIn('boot-0', 'token_no_default_policy=false');
    }
  });

  it('says that Vault refuses the log-in of this server, where it does', async () => {
    await writeLogIn('another');
    try {
      const status = await look();
      expect(status.healthy).to.equal(false);
      expect(status.warnings.map(({ id }) => id)).to.deep.equal(['vault-refuses-server']);
      expect(hints(status)).to.include(
        'neco leave 0; then on boot-0: neco join --discard-old-data 1 2 && systemctl start neco-worker',
      );
    } finally {
      await writeLogIn('boot-0');
    }
    expect((await look()).healthy).to.equal(true);
  });

  it('says of a Vault that answers and can write no audit that it serves nobody, and which server it is', async () => {
    const directory = cluster.path('audit');
    await mkdir(directory);
    const log = join(directory, 'audit.log');
    await cluster.vault('audit', 'enable', 'file', `file_path=${log}`);
    // What it opens again is a directory, as a full disk takes no record.
    await rm(log);
    await mkdir(log);
    for (const { vault } of cluster.servers) vault?.signal('SIGHUP');
    try {
      const blocked = await waitFor(
        async () => {
          const status = await look();
          return status.healthy ? { done: false, seen: 'healthy' } : { done: true, value: status };
        },
        { what: 'Vault to open its audit file again', timeout: 10_000 },
      );
      expect(blocked.warnings.map(({ id }) => id)).to.deep.equal(['vault-audit-failed']);
      const name = blocked.bootServers.find(({ vault }) => vault.state === 'active')?.name ?? '';
      expect(messages(blocked)).to.include(`Vault of ${name}`).and.to.include('audit');
      expect(hints(blocked)).to.include(`on ${name}: df -h`);
    } finally {
      await rmdir(log);
      await cluster.vault('audit', 'disable', 'file');
    }
    expect((await look()).healthy).to.equal(true);
  });

  it('reports what another server publishes of its host, and does not advise to start what cannot run there', async () => {
    const troubles = [
      {
        id: 'disk-full',
        message: 'the file system / is full',
        remedy: 'free space',
        after: 'then all is well',
      },
      { id: 'of-a-newer-neco', message: 'something new', remedy: 'do something' },
    ];
    await cluster.withRegistry((registry) =>
      registry.troubles.at(2).put({ version: 1, at: new Date().toISOString(), troubles }),
    );
    await cluster.killEtcd(2);
    try {
      const { warnings } = await look();
      const told = warnings.map(({ id, message, hint }) => [id, message, hint]);
      expect(told.slice(0, 2)).to.deep.equal([
        ['disk-full', 'boot-2: the file system / is full', 'on boot-2: free space; then all is well'],
        ['host-trouble', 'boot-2: something new', 'on boot-2: do something'],
      ]);
      const etcd = warnings.find(({ id }) => id === 'etcd-unreachable');
      expect(etcd?.hint).to.include('fix first').and.not.to.include('systemctl');
    } finally {
      await cluster.withRegistry((registry) => registry.troubles.at(2).delete());
      await cluster.repair();
    }
  });

  it('warns of a root token that was left in etcd, which is no fault', async () => {
    await cluster.withRegistry((registry) => registry.rootToken.create(new Secret('hvs.left-behind')));
    try {
      const status = await look();
      expect(status.healthy).to.equal(true);
      expect(messages(status)).to.include('root token');
      expect(hints(status)).to.include('on a server of the first setup');
      expect(JSON.stringify(status)).not.to.include('left-behind');
    } finally {
      await cluster.withRegistry((registry) => registry.rootToken.delete());
    }
  });

  it('tells a member that is not registered', async () => {
    await cluster.withRegistry((registry) => registry.bootServers.at(2).delete());
    try {
      const status = await look();
      expect(status.bootServers[2]).to.include({ registered: false, address: cluster.addressOf(2) });
      expect(status.bootServers[2]?.registration).to.equal('none');
      expect(messages(status)).to.equal('boot-2 is an etcd member, but is not registered');
      expect(hints(status)).to.equal(
        'on another boot server: neco leave 2; then on boot-2: neco join --discard-old-data 0 1 && systemctl start neco-worker',
      );
    } finally {
      await cluster.register(2);
    }
  });

  it('tells a unit that would not start with this server, and how it is enabled', async () => {
    await cluster.setEnabled('etcd.service', false);
    await cluster.setEnabled('neco-worker.service', false);
    try {
      const status = await look();
      expect(status.healthy).to.equal(false);
      expect(messages(status)).to.equal(
        'etcd.service, neco-worker.service would not start when boot-0 boots',
      );
      expect(hints(status)).to.equal('on boot-0: systemctl enable etcd.service neco-worker.service');
    } finally {
      await cluster.setEnabled('etcd.service', true);
      await cluster.setEnabled('neco-worker.service', true);
    }
  });

  it('tells a member that does not vote yet, which is no fault of its own', async () => {
    const remove = await cluster.addLearner(3);
    try {
      const status = await look();
      expect(status.bootServers[3]?.name).to.equal('boot-3');
      expect(status.bootServers[3]?.etcd.state).to.equal('learner');
      expect(status.bootServers[3]?.etcd.version).to.match(/^3\./);
      const told = status.warnings.find(({ message }) => message.includes('learner'));
      expect(told).to.include({
        severity: 'warning',
        message: 'etcd of boot-3 is a learner, and no join is under way that makes it vote',
      });
      expect(etcds(status)).to.deep.equal(['follower', 'follower', 'leader', 'learner']);
    } finally {
      await remove();
    }
  });

  it('tells a certificate that is served and not the one registered', async () => {
    await cluster.withRegistry((registry) =>
      registry.bootServers.at(1).update((server) => ({ ...server, serials: ['0a:0b'] })),
    );
    try {
      const status = await look();
      expect(status.healthy).to.equal(true);
      expect(status.warnings).to.have.length(2);
      expect(messages(status)).to.include('is not registered');
      expect(hints(status)).to.include('on boot-1: systemctl start neco-worker');
    } finally {
      await cluster.withRegistry((registry) => registry.bootServers.at(1).delete());
      await cluster.register(1);
    }
  });

  it('shows which servers each application has certificates on, and how one is renewed', async () => {
    const at = (days: number) => new Date(Date.now() + days * day).toISOString();
    const certificates = [
      { lrn: 0, serial: '01', notAfter: at(80) },
      { lrn: 1, serial: '02', notAfter: at(10) },
      { lrn: 2, serial: '03', notAfter: at(-1) },
      { lrn: 7, serial: '04', notAfter: at(80) },
    ];
    await cluster.withRegistry((registry) =>
      registry.applications
        .at('squid')
        .create({ version: 1, name: 'squid', createdAt: at(-80), certificates }),
    );
    try {
      const { applications, warnings, healthy } = await look();
      expect(applications.map(({ name, prefix }) => [name, prefix])).to.deep.equal([['squid', '/squid/']]);
      expect(applications[0]?.certificates.map(({ server, state }) => [server, state])).to.deep.equal([
        ['boot-0', 'valid'],
        ['boot-1', 'expiring'],
        ['boot-2', 'expired'],
        ['boot-7', 'valid'],
      ]);
      expect(healthy).to.equal(false);
      expect(warnings.map(({ severity, hint }) => [severity, hint])).to.deep.equal([
        ['warning', 'on boot-1: neco init-local squid'],
        ['fault', 'on boot-2: neco init-local squid'],
        ['warning', 'neco leave 7'],
      ]);
    } finally {
      await cluster.withRegistry((registry) => registry.applications.at('squid').delete());
    }
  });

  it('shows a join that is not complete as one matter', async () => {
    await cluster.withRegistry((registry) =>
      registry.bootServers.at(2).update((server) => ({ ...server, state: 'joining' })),
    );
    await cluster.sealVault(2);
    try {
      const status = await look();
      expect(status.bootServers[2]).to.include({ registered: true, registration: 'joining' });
      expect(status.warnings, messages(status)).to.have.length(1);
      expect(messages(status)).to.include('the join of boot-2 is not complete');
      expect(hints(status))
        .to.include('on boot-2: systemctl start neco-worker')
        .and.to.include('neco leave 2');
    } finally {
      await cluster.withRegistry((registry) => registry.bootServers.at(2).delete());
      await cluster.register(2);
      await cluster.repair();
    }
  });

  it('names a member that is nobody’s, and goes on when a record is broken', async () => {
    const added = JSON.parse(
      await cluster.etcdctl(
        'member',
        'add',
        'x',
        '--learner',
        '--peer-urls=https://203.0.113.9:2380',
        '-w',
        'json',
      ),
    ) as { member: { ID: number } };
    const ids = await cluster.withEtcd('root', (etcd) => etcd.members());
    const stray = ids.find(({ peerUrls }) => peerUrls.includes('https://203.0.113.9:2380'))?.id ?? '';
    await cluster.etcdctl('put', '/neco/bootservers/9', 'no JSON');
    try {
      expect(added.member.ID).to.be.a('number');
      const status = await look();
      expect(status.etcd.strayMembers).to.deep.equal([{ id: stray, address: '203.0.113.9' }]);
      expect(hints(status)).to.include(`neco member remove ${stray}`);
      expect(messages(status)).to.include('/neco/bootservers/9');
      expect(status.bootServers.map(({ registration }) => registration)).to.deep.equal(
        Array(3).fill('active'),
      );
    } finally {
      await cluster.etcdctl('del', '/neco/bootservers/9');
      await cluster.etcdctl('member', 'remove', stray);
    }
  });

  it('shows the servers still, and accuses nobody, when no member of etcd answers', async () => {
    await cluster.killEtcd(0, 1, 2);
    try {
      const status = await look();
      expect(
        status.bootServers.map(({ name, registration, etcd }) => [name, registration, etcd.state]),
      ).to.deep.equal([0, 1, 2].map((lrn) => [`boot-${String(lrn)}`, 'unknown', 'unreachable']));
      expect(messages(status)).not.to.match(/no member|not registered/);
      expect(hints(status)).to.include('on boot-0, boot-1, boot-2: systemctl start --no-block etcd');
    } finally {
      await cluster.repair();
    }
  });

  it('sees a served certificate that has expired', async () => {
    const server = cluster.server(2);
    await server.vault?.kill();
    const [notBefore, notAfter] = [new Date(Date.now() - 90 * day), new Date(Date.now() - day)];
    const { certificate, key } = await cluster.serverCa.issue({
      commonName: 'boot-2',
      ipAddresses: [server.address],
      notBefore,
      notAfter,
    });
    const expired = createTlsServer({ cert: certificate, key: key.reveal() }, (socket) => {
      socket.resume();
    }).listen(8200, server.address);
    await once(expired, 'listening');
    try {
      const status = await look();
      const where = `https://${server.address}:8200`;
      expect(status.certificates.find((one) => one.where === where)?.state).to.equal('expired');
      const [first] = status.warnings;
      expect(first?.id, messages(status)).to.equal('certificate-expired');
      expect(first?.message).to.include(`the certificate ${where} of boot-2 has expired`);
      expect(first?.hint).to.include(`VAULT_ADDR=https://${cluster.addressOf(0)}:8200`);
      // Whoever restarts what is served with an expired certificate has less than before.
      expect(hints(status).replaceAll('do not restart etcd', '')).to.not.match(
        /start (--no-block )?(etcd|vault)\b/,
      );
    } finally {
      expired.close();
      await once(expired, 'close');
      await cluster.repair();
    }
  });

  describe('watched', () => {
    /** Collects statuses until the work is done. */
    async function watched(
      interval: number,
      work: (seen: (fits: (status: ClusterStatus) => boolean) => Promise<ClusterStatus>) => Promise<void>,
    ): Promise<ClusterStatus[]> {
      const stopping = new AbortController();
      const all: ClusterStatus[] = [];
      let wake = Promise.withResolvers<undefined>();
      const watching = (async () => {
        const options = {
          etcd: {},
          layout: cluster.layout,
          host: cluster.host,
          signal: stopping.signal,
          interval,
        };
        for await (const status of watchStatus(options)) {
          all.push(check(status));
          wake.resolve(undefined);
        }
      })();
      const seen = async (fits: (status: ClusterStatus) => boolean): Promise<ClusterStatus> => {
        for (let from = all.length; ;) {
          const found = all.slice(from).find(fits);
          if (found !== undefined) return found;
          from = all.length;
          await Promise.race([wake.promise, watching]);
          wake = Promise.withResolvers();
        }
      };
      try {
        await work(seen);
      } finally {
        stopping.abort();
        await watching;
      }
      return all;
    }

    it('shows a change in the registry at once, without waiting for its interval', async () => {
      await watched(60_000, async (seen) => {
        await seen(({ healthy }) => healthy);
        const begin = performance.now();
        const gone = seen(({ bootServers }) => bootServers[2]?.registration === 'none');
        await cluster.withRegistry((registry) => registry.bootServers.at(2).delete());
        try {
          await gone;
          expect(performance.now() - begin).to.be.lessThan(5_000);
        } finally {
          await cluster.register(2);
        }
      });
    });

    it('goes on while etcd and Vault are away, shows it, and shows that they are back', async () => {
      const all = await watched(1_000, async (seen) => {
        await seen(({ healthy }) => healthy);
        await cluster.killEtcd(0, 1, 2);
        try {
          const away = await seen(({ etcd }) => !etcd.quorum);
          expect(away.bootServers.map(({ name }) => name)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
        } finally {
          await cluster.repair();
        }
        await seen(({ healthy }) => healthy);
      });
      expect(all.some(({ healthy }) => !healthy)).to.equal(true);
    });

    it('rests between its looks', async () => {
      const begin = performance.now();
      const all = await watched(1_000, async (seen) => {
        for (let looks = 0; looks < 3; looks++) await seen(() => true);
      });
      expect(all).to.have.length(3);
      expect(performance.now() - begin).to.be.greaterThan(2_000);
    });
  });

  it('says that auth is off', async () => {
    await cluster.etcdctl('auth', 'disable');
    try {
      const status = await look();
      expect(status.etcd.authEnabled).to.equal(false);
      expect(messages(status)).to.include('etcd auth is off');
    } finally {
      await cluster.etcdctl('auth', 'enable');
    }
  });

  it('says which member raises an alarm', async () => {
    await cluster.withEtcd('root', async (etcd) => {
      const boot1 = (await etcd.members()).find(({ name }) => name === 'boot-1');
      const memberID = BigInt(`0x${boot1?.id ?? '0'}`).toString();
      await etcd.call('raise an alarm', (client) =>
        client.maintenance.alarm({ action: 'Activate', memberID, alarm: 'Nospace' }),
      );
    });
    try {
      const status = await look();
      expect(status.etcd.alarms).to.deep.equal([{ member: 'boot-1', alarm: 'NOSPACE' }]);
      expect(messages(status)).to.include('etcd of boot-1 raised the alarm NOSPACE');
    } finally {
      await cluster.etcdctl('alarm', 'disarm');
    }
  });

  const terms: [state: string, begins: number, ends: number, severity: string, message: string][] = [
    ['expired', -90 * day, -day, 'fault', 'has expired'],
    ['expiring', -80 * day, 10 * day, 'warning', 'expires in 9 days, on '],
    ['expiring', -61 * day, 29 * day, 'warning', 'expires in 28 days, on '],
    ['expiring', -90 * day, 4.5 * 60_000, 'warning', 'expires in 4 minutes, on '],
    ['expiring', -90 * day, 1.5 * day, 'warning', 'expires in 35 hours 59 minutes, on '],
    ['not-yet-valid', day, 90 * day, 'fault', 'is not valid before'],
  ];
  for (const [state, begins, ends, severity, message] of terms) {
    it(`judges a certificate that is ${state}: ${message}`, async () => {
      const [notBefore, notAfter] = [new Date(Date.now() + begins), new Date(Date.now() + ends)];
      const { certificate } = await cluster.serverCa.issue({ commonName: 'boot-0', notBefore, notAfter });
      const path = cluster.path(`${state}.crt`);
      await writeFile(path, certificate);
      const layout = { ...cluster.layout, certificates: [path] };
      const status = await collectStatus({
        etcd: {},
        signal: new AbortController().signal,
        layout,
        host: cluster.host,
      });
      expect(status.certificates.find(({ where }) => where === path)?.state).to.equal(state);
      expect(status.warnings).to.have.length(1);
      expect(status.warnings[0])
        .to.include({ severity })
        .and.to.have.property('message')
        .that.includes(message);
      await rm(path);
    });
  }

  it('tells a certificate that is not there', async () => {
    const layout = { ...cluster.layout, certificates: [cluster.path('none.crt')] };
    const status = await collectStatus({
      etcd: {},
      signal: new AbortController().signal,
      layout,
      host: cluster.host,
    });
    expect(messages(status)).to.include('none.crt of boot-0');
  });

  it('lets an option win over the file', async () => {
    await cluster.configureWorker((text) =>
      text.replace(/endpoints: .*/, 'endpoints: [https://127.0.0.1:1]').replace('/neco/', '/other/'),
    );
    try {
      const endpoints = [0, 1, 2].map((lrn) => `https://${cluster.addressOf(lrn)}:2379`);
      const status = await look({ endpoints, prefix: '/neco/' });
      expect(messages(status)).to.equal('');
      expect(status.bootServers).to.have.length(3);
    } finally {
      await cluster.configureWorker();
    }
  });

  it('says before setup what to run', async () => {
    const layout = { ...cluster.layout, workerConfiguration: cluster.path('no-such.yml') };
    const status = await collectStatus({
      etcd: {},
      signal: new AbortController().signal,
      layout,
      host: cluster.host,
    });
    expect(status).to.include({ healthy: false, state: 'not-set-up' });
    expect(messages(status)).to.include('boot-0 is not set up yet');
    expect(hints(status)).to.include('neco setup 0 1 2');
  });

  it('says that a setup has not finished', async () => {
    const { setupRecord } = cluster.layout;
    await setupRecordFile.at(setupRecord).write(openHost(), {
      version: 1,
      id: '0'.repeat(32),
      cluster: 'test',
      lrns: [0, 1, 2],
      prefix: '/neco/',
      startedAt: new Date().toISOString(),
    });
    try {
      const status = await look();
      expect(status.state).to.equal('setting-up');
      expect(messages(status)).to.include('setup was started on boot-0 and is not complete');
      expect(hints(status)).to.include('on boot-0, boot-1, boot-2, run again: neco setup 0 1 2');
    } finally {
      await rm(setupRecord);
    }
  });

  it('says on a server that was removed what became of it, and asks nobody', async () => {
    const { layout } = cluster;
    const aside = '/var/lib/etcd.aside-1';
    // Of a server without a certificate for etcd, as this machine is.
    await writeFile(
      layout.leftRecord,
      JSON.stringify({ version: 1, at: new Date().toISOString(), serial: '', aside }),
    );
    try {
      const options = { etcd: {}, signal: new AbortController().signal, layout, host: cluster.host };
      const status = check(await collectStatus(options));
      expect(status).to.include({ healthy: false, state: 'left', cluster: 'test', lrn: 0 });
      expect(status.bootServers).to.deep.equal([]);
      expect(messages(status)).to.match(
        /^boot-0 was removed from the cluster .* etcd data is in \/var\/lib\/etcd\.aside-1$/,
      );
      expect(hints(status)).to.include('neco join --discard-old-data');
    } finally {
      await rm(layout.leftRecord);
    }
  });

  it('stops at once when it is told to', async () => {
    const stopping = new AbortController();
    const looking = collectStatus({ etcd: {}, signal: stopping.signal, layout: cluster.layout }).catch(
      (error: unknown) => error,
    );
    stopping.abort();
    const thrown = await looking;
    expect(thrown).to.be.instanceOf(NecoError).and.to.have.property('code', 'CANCELLED');
  });
});
