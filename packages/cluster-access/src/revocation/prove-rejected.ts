import { randomBytes } from 'node:crypto';
import type { Registry, RegistryReader } from '@neco/bootserver-registry';
import { NecoError, waitFor, type Reporter } from '@neco/core';
import type { CertificateVerdict } from '../certificates/probe-certificate.ts';
import { ports } from '../ports.ts';
import { acceptsConnections } from './accepts-connections.ts';
import type { HeldConnections } from './held-connections.ts';
import type { TakingServer } from './revocation-proof.ts';

/** Certificates that are made to be revoked after those whose keys are not here. */
export interface ShownCanary {
  /** What the server at an address says to them. */
  show(address: string): Promise<CertificateVerdict>;
  /** Opens a connection to each of these servers with them, as somebody had one whose certificates were revoked. */
  hold(servers: readonly TakingServer[]): Promise<HeldConnections>;
  revoke(): Promise<void>;
}

export interface Rejection {
  registry: Registry;
  /** The boot servers that are to reject what was revoked. */
  servers: readonly TakingServer[];
  /** Whose certificates were revoked, as in "waiting for all servers to reject <whose>". */
  whose: string;
  /** How long so many servers may take, in ms: their daemons see the request at once. */
  limitOf: (count: number) => number;
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * Has every server put the revocation lists in place and close what is open to its etcd, and proves on each that answers that it refuses
 * what was revoked before: once a server refuses the canary, the lists in force there hold all that was revoked before it; and a connection
 * that was open with the canary has ended. Warns of the servers that do not answer; they do it when they start.
 * @throws NecoError VERIFICATION_FAILED, VAULT_*, ETCD_*, CANCELLED
 */
export async function proveRejected(wanted: Rejection, canary: ShownCanary): Promise<void> {
  const { registry, servers, whose, reporter } = wanted;
  const shown = await show(servers, canary);
  const taking = shown.filter(({ verdict }) => verdict !== 'unreachable').map(({ server }) => server);
  using held = await canary.hold(taking);
  await canary.revoke();
  const round = randomBytes(8).toString('hex');
  await registry.revocations.put({ version: 1, round });
  await awaitRefusal(taking, canary, { ...wanted, round });
  await proveClosed(held, wanted);
  const missing = servers.filter((server) => !taking.includes(server)).map(({ name }) => name);
  if (missing.length === 0) return;
  reporter.warn(
    `etcd of ${missing.join(', ')} did not answer: not verified that it rejects ${whose}; neco-updater there fetches the revocation lists when it starts`,
  );
}

interface Shown {
  server: TakingServer;
  verdict: CertificateVerdict;
}

async function show(servers: readonly TakingServer[], canary: ShownCanary): Promise<Shown[]> {
  return await Promise.all(
    servers.map(async (server) => {
      const isThere = await acceptsConnections(server.address, ports.etcdClient);
      return { server, verdict: isThere ? await canary.show(server.address) : 'unreachable' };
    }),
  );
}

async function awaitRefusal(
  servers: readonly TakingServer[],
  canary: ShownCanary,
  { registry, round, whose, limitOf, reporter, signal }: Rejection & { round: string },
): Promise<void> {
  let pending = servers;
  const look = async () => {
    const acknowledged = await acknowledgements(registry, round);
    const open = (await show(pending, canary)).flatMap((shown) => {
      const reason = reasonOf(shown, acknowledged.get(shown.server.lrn));
      return reason === undefined ? [] : [{ server: shown.server, reason }];
    });
    pending = open.map(({ server }) => server);
    if (open.length === 0) return { done: true, value: undefined } as const;
    return { done: false, seen: open.map(({ reason }) => reason).join('; ') } as const;
  };
  try {
    await waitFor(look, {
      what: `all servers to reject ${whose}`,
      timeout: limitOf(servers.length),
      maxPause: 100,
      signal,
      onState: (text) => {
        reporter.state(text);
      },
    });
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
    const names = pending.map(({ name }) => name).join(', ');
    throw new NecoError(
      'VERIFICATION_FAILED',
      `not verified that ${names} reject ${whose}: ${error.message}`,
      { hint: `on ${names}: systemctl restart neco-updater; then run the command again`, cause: error },
    );
  }
}

/** What each server said of a round, by LRN: how many connections are open still that were to be closed. */
async function acknowledgements(
  registry: Pick<RegistryReader, 'rejections'>,
  round: string,
): Promise<Map<number, number>> {
  const entries = await registry.rejections.entries();
  return new Map(
    entries
      .filter(({ record }) => record.round === round)
      .map(({ key: [lrn], record }) => [lrn, record.connections]),
  );
}

/** Why a server is waited for; nothing when it is not any more. */
function reasonOf({ server: { name }, verdict }: Shown, connections: number | undefined): string | undefined {
  if (verdict === 'accepted') return `${name} has not installed the new revocation lists`;
  if (verdict === 'unreachable') return `etcd of ${name} does not answer`;
  if (connections === undefined) return `${name} has not closed the connections to its etcd`;
  return connections === 0 ? undefined : `${name} has ${String(connections)} connections open`;
}

/** What a server says that it has closed is closed. */
async function proveClosed(held: HeldConnections, { whose }: Rejection): Promise<void> {
  const open = await held.stillOpen();
  if (open.length === 0) return;
  throw new NecoError(
    'VERIFICATION_FAILED',
    `a connection that was opened before is still open to etcd of ${open.join(', ')}, where it may be so with ${whose}`,
    {
      hint: 'on those servers: systemctl restart --no-block etcd, one after the other; then run the command again',
    },
  );
}
