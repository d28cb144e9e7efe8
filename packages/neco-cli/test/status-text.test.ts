import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { BootServerStatus, ClusterStatus } from '@neco/status';
import { expect } from 'chai';
import { statusText } from '../src/status/status-text.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const server = (lrn: number, vault: BootServerStatus['vault']): BootServerStatus => ({
  lrn,
  name: `boot-${String(lrn)}`,
  address: `192.168.200.${String(100 + (lrn % 100))}`,
  registered: true,
  registration: 'active',
  etcd: { state: 'follower', id: 'a1', version: '3.7.3', databaseBytes: 209_715_200 },
  vault,
});

const certificate = (name: string, daysLeft: number) => ({
  server: name,
  where: '/etc/neco/server.crt',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2026-04-01T00:00:00Z',
  daysLeft,
  state: 'valid' as const,
});

const remedy =
  'on boot-1, boot-2, boot-65535: systemctl restart --no-block etcd.service vault.service neco-updater.service neco-worker.service';

/** A cluster whose columns are as wide as they become. */
const cluster: ClusterStatus = {
  version: 1,
  healthy: false,
  state: 'set-up',
  cluster: 'tokyo',
  lrn: 1,
  bootServers: [
    server(1, { state: 'active', version: '1.21.4' }),
    server(2, { state: 'sealed', version: '1.21.4', progress: 1, threshold: 3, shares: 5 }),
    {
      ...server(65_535, { state: 'uninitialized', version: '1.21.4' }),
      registration: 'unknown',
      etcd: { state: 'unreachable', message: 'no answer' },
    },
  ],
  etcd: {
    quorum: true,
    authEnabled: true,
    alarms: [{ member: 'boot-1', alarm: 'NOSPACE' }],
    alarmsKnown: true,
    strayMembers: [],
  },
  vault: { unsealKeyStored: true, rootTokenStored: false },
  worker: { running: false, enabled: false },
  applications: [
    {
      name: 'squid',
      prefix: '/squid/',
      certificates: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((lrn) => ({
        server: `boot-${String(lrn)}`,
        serial: '01:02',
        notAfter: '2026-04-01T00:00:00Z',
        state: 'valid' as const,
      })),
    },
  ],
  certificates: ['boot-1', 'boot-2', 'boot-65535'].map((name) => certificate(name, 365)),
  warnings: [
    {
      id: 'etcd-unreachable',
      severity: 'fault',
      message:
        'etcd of boot-65535 does not answer: no answer to the connection to https://192.168.200.135:2379 within 2 s',
      hint: 'check whether it runs, and whether the network lets it answer; see its log with "journalctl -u etcd"',
    },
    {
      id: 'versions-differ',
      severity: 'warning',
      message: 'etcd was started before its CA file changed',
      hint: remedy,
    },
  ],
};

const command = remedy.slice(remedy.indexOf('systemctl'));

const linesAt = async (columns: number | undefined) =>
  (await statusText(cluster, { colored: false, columns })).split('\n');

describe('the text of neco status', () => {
  for (const columns of [80, 81, 90, 100, 120, 200]) {
    it(`fits ${String(columns)} columns, except for a command that is longer`, async () => {
      const wide = (await linesAt(columns)).filter((line) => line.length > columns);
      expect(wide.map((line) => line.trim())).to.deep.equal(columns >= command.length + 2 ? [] : [command]);
    });
  }

  it('shows more on a wider terminal, and nothing is lost on a narrow one', async () => {
    const [narrow, wide] = [(await linesAt(80)).join('\n'), (await linesAt(200)).join('\n')];
    expect(wide).to.include('sealed 1.21.4, 1 of 3 shares given').and.to.include('200 MiB');
    expect(narrow).to.include('sealed (1/3)').and.to.include('members (3.7.3)').and.to.include('(1.21.4)');
    for (const part of ['boot-65535', '192.168.200.135', 'unreachable', 'uninitialized', '365 days'])
      expect(narrow.split(/\n\n/)[1]).to.include(part);
  });

  it('says of what could not be read that it is unknown', async () => {
    const nothing = { quorum: false, alarms: [], alarmsKnown: false, strayMembers: [] };
    const of = async (warnings: ClusterStatus['warnings']) =>
      await statusText({ ...cluster, etcd: nothing, warnings }, { colored: false, columns: 200 });
    expect(await of([])).to.include('quorum unknown, auth unknown, alarms unknown');
    const lost = {
      id: 'etcd-quorum-lost',
      severity: 'fault',
      message: 'etcd has no quorum',
      hint: '',
    } as const;
    expect(await of([lost])).to.include('no quorum, auth unknown, alarms unknown');
  });

  it('does not break its lines if the output is not a terminal', async () => {
    const lines = await linesAt(undefined);
    expect(lines).to.include(`  ${remedy}`);
    expect(lines.join('\n')).to.include('sealed 1.21.4, 1 of 3 shares given');
  });

  for (const columns of [80, 132]) {
    it(`fits a real terminal of ${String(columns)} columns`, async function () {
      this.timeout(30_000);
      const flags = "'--etcd-endpoints' 'http://127.0.0.1:1,http://127.0.0.1:2' '--etcd-timeout' '1s'";
      const command = `stty rows 50 cols ${String(columns)}; exec '${process.execPath}' --conditions=neco-source '${main}' status ${flags}`;
      const child = spawn('script', ['-qefc', command, '/dev/null'], {
        env: { ...process.env, TERM: 'xterm' },
      });
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
      const [status] = (await once(child, 'close')) as [number];
      expect(status, screen).to.equal(1);
      const lines = stripVTControlCharacters(screen).split(/\r?\n/);
      const prose = lines.filter((line) => line.includes(' ') && !line.includes('"'));
      expect(prose.join('\n')).to.include('fault');
      expect(prose.filter((line) => line.length > columns)).to.deep.equal([]);
      const widest = Math.max(...prose.map((line) => line.length));
      if (columns > 80) expect(widest, 'it uses the width').to.be.above(80);
    });
  }
});
