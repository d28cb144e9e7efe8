import type { Server } from '../../server/server.ts';

const units = ['etcd.service', 'vault.service', 'neco-updater.service'];

/** What is wrong on a server besides its certificates: units, listeners, files and what should be gone. */
export async function hostFaults(server: Server): Promise<string[]> {
  const faults = await Promise.all([unitFaults(server), listenerFaults(server), fileFaults(server)]);
  return faults.flat().map((fault) => `${server.name}: ${fault}`);
}

async function unitFaults(server: Server): Promise<string[]> {
  const properties = ['--property', 'Id,LoadState,ActiveState,UnitFileState'];
  const shown = await server.run([
    'systemctl',
    'show',
    ...properties,
    ...units,
    'neco-worker.service',
    'neco-setup-vault.service',
  ]);
  const found = shown
    .trim()
    .split('\n\n')
    .map((block) => {
      const fields = new Map(block.split('\n').map((line) => line.split('=', 2) as [string, string]));
      return `${fields.get('Id')} ${fields.get('LoadState')} ${fields.get('ActiveState')} ${fields.get('UnitFileState')}`.trim();
    });
  const wanted = [
    // The administrator starts it; from then on it comes back as the others do.
    ...['active', 'inactive'].map((state) => `neco-worker.service loaded ${state} enabled`),
    ...units.map((unit) => `${unit} loaded active enabled`),
    'neco-setup-vault.service not-found inactive',
  ];
  return [...found.filter((one) => !wanted.includes(one)), ...(await temporaryVaultFaults(server))];
}

/** Stopping the temporary Vault is no failure, and the journal must not call it one. */
async function temporaryVaultFaults(server: Server): Promise<string[]> {
  const said = ['journalctl', '--quiet', '--output=cat', '--unit=neco-setup-vault.service', '_PID=1'];
  const { stdout } = await server.exec(said);
  return stdout.split('\n').filter((line) => line.includes('Failed with result'));
}

/** Exactly these, all TLS but the metrics of etcd, which only the loopback reaches. */
async function listenerFaults(server: Server): Promise<string[]> {
  const found = await listeners(server);
  const wanted = expectedListeners(server);
  return [
    ...wanted.filter((one) => !found.includes(one)).map((one) => `nothing listens as ${one}`),
    ...found.filter((one) => !wanted.includes(one)).map((one) => `${one} listens`),
  ];
}

/** The sockets that a finished setup has open on a server: address and program. */
export function expectedListeners({ address }: Server): string[] {
  return [
    ...[`${address}:2379`, `${address}:2380`, '127.0.0.1:2379', '127.0.0.1:2381'].map((at) => `${at} etcd`),
    ...[`${address}:8200`, `${address}:8201`, '127.0.0.1:8200', '127.0.0.1:8201'].map((at) => `${at} vault`),
  ].sort();
}

/** What listens on a server, TCP and UDP: address and program, as ss(8) says it. */
export async function listeners(server: Server): Promise<string[]> {
  const lines = (await server.run(['ss', '-tulnpH'])).trim().split('\n');
  return lines
    .map((line) => {
      const [, , , , local = ''] = line.split(/\s+/);
      return `${local} ${/"([^"]+)"/.exec(line)?.[1] ?? 'somebody'}`;
    })
    .sort();
}

/** What neco keeps for good: no key, no password. */
const kept = ['setup.json', 'revocation-lists.json', 'certificates.json'].map(
  (name) => `/var/lib/neco/${name}`,
);

async function fileFaults(server: Server): Promise<string[]> {
  const places = ['/var/lib/neco', '/run/neco/setup'];
  const { stdout } = await server.exec(['find', ...places, '-type', 'f', '-printf', '%p\n']);
  const files = stdout.split('\n').filter((path) => path !== '' && !kept.includes(path));
  const modes = await server.run([
    'stat',
    '-c',
    '%n %a %U:%G',
    '/var/lib/neco',
    '/var/lib/etcd',
    '/var/log/vault',
  ]);
  const wanted = [
    '/var/lib/neco 700 root:root',
    '/var/lib/etcd 700 etcd:etcd',
    '/var/log/vault 700 vault:vault',
  ];
  return [
    ...files.map((path) => `${path} is left`),
    ...modes
      .trim()
      .split('\n')
      .filter((line) => !wanted.includes(line)),
  ];
}
