import { expect } from 'chai';
import type { CommandResult } from '../../../src/host/run.ts';
import type { Server } from '../../../src/server/server.ts';
import { asAdministrator } from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { etcdctl, etcdOf, etcdValue, serverAuthority } from '../../../src/cluster/stock-clients.ts';
import { eventually } from './joining.ts';

/** Runs `neco leave` without a terminal, on a server where the administrator's password lies. */
export async function leave(server: Server, ...words: readonly string[]): Promise<CommandResult> {
  return server.exec(['neco', 'leave', '--json', ...leaveArguments(...words)], { timeout: 300_000 });
}

/** What comes after `neco leave` without a terminal. */
export function leaveArguments(...words: readonly string[]): string[] {
  return ['--yes', ...asAdministrator, ...words];
}

/** Whether another server has a connection to this one's etcd, as the kernel of this one sees it. */
export async function hasConnection(server: Server, other: Server): Promise<boolean> {
  const filter = ['state', 'established', 'dst', other.address, 'sport', '=', ':2379'];
  return (await server.run(['ss', '--tcp', '--numeric', '--no-header', ...filter])).trim() !== '';
}

/** How a run without success ended. */
export function failure({ stderr, exitCode }: CommandResult): {
  code: string;
  text: string;
  exitCode: number;
} {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  const { error } = JSON.parse(line) as { error: { code: string; message: string; hint?: string } };
  return { code: error.code, text: `${error.message} ${error.hint ?? ''}`, exitCode };
}

/** The text that a run with success ended with, and what it said before. */
export function said({ stdout }: CommandResult): string {
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text?: string }).text ?? '')
    .join('\n');
}

const pairs = {
  neco: '/etc/neco/etcd',
  vault: '/etc/vault/etcd',
  peer: '/etc/etcd/peer',
  server: '/etc/neco/server',
} as const;

/** A copy of a server's certificate and key on another server. */
export interface Stolen {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The certificates (PEM) that the temporary Vault of setup signed for a server under one CA, as etcd has them noted. Their keys are gone
 * once the real Vault has signed others.
 */
export async function initialCertificates(
  reader: Server,
  lrn: number,
  authority: 'server' | 'peer' | 'client',
): Promise<string[]> {
  const note = (await etcdValue(reader, `/neco/operations/initial-certificates/${lrn}`)) ?? '{}';
  const { certificates = [] } = JSON.parse(note) as {
    certificates?: { authority: string; certificate: string }[];
  };
  return certificates.filter((one) => one.authority === authority).map(({ certificate }) => certificate);
}

/** Copies all certificates and keys of a server to another, as who stole its disk would have them. */
export async function steal(from: Server, to: Server): Promise<Record<keyof typeof pairs, Stolen>> {
  const [neco, vault, peer, server] = [
    await stealPair(from, to, 'neco', pairs.neco),
    await stealPair(from, to, 'vault', pairs.vault),
    await stealPair(from, to, 'peer', pairs.peer),
    await stealPair(from, to, 'server', pairs.server),
  ];
  return { neco, vault, peer, server };
}

/** The same of one pair. @param path without its `.crt` and `.key`. */
export async function stealPair(from: Server, to: Server, name: string, path: string): Promise<Stolen> {
  await to.run(['mkdir', '-p', '-m', '0700', '/root/stolen']);
  const base = `/root/stolen/${from.name}-${name}`;
  await to.writeFile(`${base}.crt`, await from.readFile(`${path}.crt`), 0o600);
  await to.writeFile(`${base}.key`, await from.readFile(`${path}.key`), 0o600);
  return { certificate: `${base}.crt`, key: `${base}.key` };
}

/** Whether etcd of `target` answers a client on `server` with this pair at all. */
export async function isAnswered(server: Server, target: Server, pair: Stolen): Promise<boolean> {
  const args = ['--endpoints', etcdOf(target), 'get', '/neco/bootservers/', '--prefix', '--keys-only'];
  const { exitCode, stderr } = await etcdctl(server, pair, args);
  return exitCode === 0 || stderr.includes('permission denied');
}

/** No etcd of these servers answers a client on `server` with any of these pairs. All are asked at once: each waits 5 s. */
export async function expectRefused(
  server: Server,
  targets: readonly Server[],
  pairs: readonly Stolen[],
): Promise<void> {
  const asked = targets.flatMap((target) => pairs.map((pair) => ({ target, pair })));
  const answers = await Promise.all(asked.map(({ target, pair }) => isAnswered(server, target, pair)));
  const answered = asked.filter((_, index) => answers[index]);
  expect(answered.map(({ target, pair }) => `${pair.certificate} at ${target.name}`)).to.deep.equal([]);
}

/** What a peer says to this server's own peer certificate, or another of its own: the text of /version, or nothing. */
export async function peerAnswer(
  server: Server,
  target: Server,
  { certificate, key }: Stolen = { certificate: '/etc/etcd/peer.crt', key: '/etc/etcd/peer.key' },
): Promise<string> {
  const argv = [
    ...['openssl', 's_client', '-quiet', '-verify_quiet', '-connect', `${target.address}:2380`],
    ...['-cert', certificate, '-key', key, '-CAfile', '/etc/neco/ca/etcd-peer.crt'],
  ];
  const input = 'GET /version HTTP/1.0\r\n\r\n';
  const { stdout } = await server.exec(argv, { input, timeout: 10_000 });
  return stdout.split('\r\n\r\n')[1] ?? '';
}

/** How systemd has a unit: `inactive disabled`. */
export async function unitOf(server: Server, unit: string): Promise<string> {
  const properties = ['ActiveState', 'UnitFileState'].flatMap((property) => ['-P', property]);
  const { stdout } = await server.exec(['systemctl', 'show', ...properties, unit]);
  return stdout.trim().split('\n').join(' ');
}

/**
 * Has one root certificate after the other signed by another server's Vault, as who is root on a server may as long as that
 * one is a boot server.
 * @returns gives the last of them, once Vault has refused to sign more.
 */
export async function keepSigning(server: Server, target: Server): Promise<() => Promise<Stolen[]>> {
  const folder = '/root/spoils';
  const script = String.raw`
    mkdir -m 0700 ${folder}; cd ${folder}
    export HOME=${folder} VAULT_ADDR=https://${target.address}:8200 VAULT_CACERT=${serverAuthority}
    pair='-client-cert=/etc/neco/server.crt -client-key=/etc/neco/server.key'
    vault login -method=cert $pair name=${server.name} >log
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj /CN=root -out csr 2>log
    printf '{"csr":"%s","common_name":"root"}' "$(sed -z 's/\n/\\n/g' csr)" >body
    printf 'X-Vault-Token: %s' "$(cat .vault-token)" >header
    count=0
    while :; do
      status=$(curl --silent --output answer --write-out '%{http_code}' --cacert ${serverAuthority} \
        --header @header --data @body $VAULT_ADDR/v1/ca/etcd-client/sign/root || :)
      case $status in
        200) sed 's/.*"certificate":"\([^"]*\)".*/\1/; s/\\n/\n/g' answer >$count.crt; count=$((count + 1)) ;;
        403) break ;;
      esac
    done
    echo $count`;
  // Read from the beginning: what nobody reads is lost at the end of the process.
  const ended = (await server.spawn(['sh', '-euc', script])).output();
  const first = `${folder}/0.crt`;
  await eventually('a root certificate', 0, async () => (await server.exec(['test', '-s', first])).exitCode);
  return async () => {
    const { stdout, stderr, exitCode } = await ended;
    if (exitCode !== 0) throw new Error(`signing in a loop: ${stderr}`);
    const numbers = Array.from({ length: Number(stdout) }, (_, number) => number).slice(-5);
    if (numbers.length === 0) throw new Error(`nothing was signed: ${stderr}`);
    return numbers.map((number) => ({ certificate: `${folder}/${number}.crt`, key: `${folder}/key` }));
  };
}

/** Whether the revocation list of clients that lies on a server names a certificate that lies on another. */
export async function isListed(server: Server, holder: Server, { certificate }: Stolen): Promise<boolean> {
  const asked = await holder.run(['openssl', 'x509', '-in', certificate, '-noout', '-serial']);
  const serial = asked.trim().replace('serial=', '');
  const list = ['openssl', 'crl', '-inform', 'DER', '-in', '/etc/neco/ca/etcd-client.crl', '-noout', '-text'];
  return (await server.run(list)).includes(`Serial Number: ${serial}`);
}

/** Runs leave until it comes to a phase, and kills it there. One that an earlier run has ended is passed by. */
export async function killAt(server: Server, phase: string, ...flags: readonly string[]): Promise<void> {
  const run = await SetupRun.start(server, leaveArguments(...flags, '2'), 'leave');
  const reached = await run.next(({ id, status }) => id === phase && status !== 'done');
  await run.kill();
  expect(reached, `${phase} was to begin`).to.include({ id: phase });
}
