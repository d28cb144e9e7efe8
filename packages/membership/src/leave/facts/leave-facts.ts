import type { BootServer, LeavePlan } from '@neco/bootserver-registry';
import { addressOf, Backoff, NecoError, sleep, type Reporter, type SiteConfiguration } from '@neco/core';
import { urlAddress, type EtcdCluster, type Member, type MemberStatus } from '@neco/etcd-admin';
import {
  type ClusterConnection,
  type KnownServer,
  listServers,
  memberEndpoint,
  ports,
} from '@neco/cluster-access';
import { PresenceProbe } from './probe-presence.ts';

/** How long a quorum is waited for, in ms: a leave that was killed may have left etcd restarting on one server after another. */
const quorumPatience = 15_000;

/** How often a server whose etcd does not answer but accepts connections is looked at again, and the pause before that, in ms. */
const restartLooks = 8;
const restartPause = 400;

/** What is known of the cluster before a server leaves it. */
export interface LeaveFacts {
  lrn: number;
  name: string;
  address: string;
  /** Its member of etcd. */
  member: Member | undefined;
  registration: BootServer | undefined;
  /** Of a leave that was begun and not ended. */
  plan: LeavePlan | undefined;
  mode: 'dead' | 'live';
  /** Its services that accept connections. */
  presence: readonly string[];
  members: readonly Member[];
  /** Ids of the members that answer and see a leader. */
  healthy: ReadonlySet<string>;
  leaderId: string | undefined;
  /** The other boot servers. */
  remaining: readonly KnownServer[];
}

/** Who is in the cluster, as etcd and the registry say. It changes only in the turn of a command that changes the cluster. */
export type LeaveMembership = Pick<
  LeaveFacts,
  'address' | 'member' | 'members' | 'plan' | 'registration' | 'remaining'
>;

interface LookOptions {
  reporter: Reporter;
  signal: AbortSignal;
  /** What this look has asked already. */
  probe?: PresenceProbe | undefined;
}

/**
 * Looks at the cluster. Everything is asked at once.
 * @throws NecoError QUORUM_AT_RISK when etcd has no quorum; ETCD_*, RECORD_INVALID
 */
export async function lookAtCluster(
  { etcd, registry }: ClusterConnection,
  site: SiteConfiguration,
  lrn: number,
  { reporter, signal, probe = new PresenceProbe() }: LookOptions,
): Promise<LeaveFacts> {
  const membership = await readMembership({ etcd, registry }, site, lrn, { reporter, signal });
  const { address, member, members, plan } = membership;
  const endpoints = new Map(members.map((member) => [memberEndpoint(member), member.id]));
  const [presence, statuses] = await Promise.all([
    address === '' ? [] : probe.services(address),
    statusesOf(etcd, probe, [...endpoints.keys()]),
  ]);
  const healthy = [...statuses].filter(
    ([, status]) => !(status instanceof NecoError) && status.leader !== undefined,
  );
  const leaders = healthy.flatMap(([, status]) => (status instanceof NecoError ? [] : [status.leader]));
  const ids = new Set(healthy.flatMap(([endpoint]) => endpoints.get(endpoint) ?? []));
  const isDead = member !== undefined && !ids.has(member.id);
  return {
    ...membership,
    lrn,
    name: `boot-${String(lrn)}`,
    mode: plan?.mode ?? (member !== undefined && ids.has(member.id) ? 'live' : 'dead'),
    presence: isDead ? await lastingPresence(address, presence, signal) : presence,
    healthy: ids,
    leaderId: leaders.find((id) => id !== undefined),
  };
}

/** The part of the look that needs no server to answer but etcd. @throws NecoError QUORUM_AT_RISK, ETCD_*, RECORD_INVALID */
export async function readMembership(
  { etcd, registry }: Pick<ClusterConnection, 'etcd' | 'registry'>,
  site: SiteConfiguration,
  lrn: number,
  options: Pick<LookOptions, 'reporter' | 'signal'>,
): Promise<LeaveMembership> {
  const members = await quorateMembers(etcd, options);
  const [registrations, plan] = await Promise.all([
    registry.bootServers.list(),
    registry.leavePlans.at(lrn).get(),
  ]);
  const known = listServers({ site, members, registrations, addresses: [] });
  const target = known.find((server) => server.lrn === lrn);
  return {
    address: target?.address ?? plan?.address ?? '',
    member: target?.member,
    registration: target?.registration,
    plan,
    members,
    remaining: known.filter((server) => server.lrn !== lrn),
  };
}

/** Whether two looks saw the same servers in the same state. */
export function isSameMembership(one: LeaveMembership, other: LeaveMembership): boolean {
  const text = ({ address, member, registration, plan, members, remaining }: LeaveMembership): string =>
    JSON.stringify([address, member, registration, plan, members, remaining]);
  return text(one) === text(other);
}

/** Whether nothing of that server is in the cluster, nor of a leave that removes it. */
export function isGone({ member, registration, plan }: LeaveMembership): boolean {
  return member === undefined && registration === undefined && plan === undefined;
}

/** An etcd that systemd starts again and again accepts connections for moments: only what always does is there. */
async function lastingPresence(
  address: string,
  seen: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  let lasting = seen;
  for (let look = 0; look < restartLooks && lasting.some((service) => service.startsWith('etcd')); look++) {
    await sleep(restartPause, signal);
    const now = await new PresenceProbe().services(address);
    lasting = lasting.filter((service) => now.includes(service));
  }
  return lasting;
}

/** Begins to ask whether a server is there by the address that it is planned to have, before anybody says where it is. */
export function probeEarly(site: SiteConfiguration, lrn: number): PresenceProbe {
  const probe = new PresenceProbe();
  try {
    void probe.services(addressOf(site, lrn));
  } catch {
    // The plan has no address for it.
  }
  return probe;
}

/** LRNs of the servers that stay and have a member of etcd: without one there is nothing that takes certificates. */
export function membersOf({ remaining }: Pick<LeaveFacts, 'remaining'>): number[] {
  return remaining.filter(({ member }) => member !== undefined).map(({ lrn }) => lrn);
}

/**
 * A host that swallows packets would take the whole deadline of a call; one that does not accept is not asked. One that accepts is
 * asked once more: over a slow link the handshakes alone may have taken the first deadline, and the connection stands then.
 */
async function statusesOf(
  etcd: EtcdCluster,
  probe: PresenceProbe,
  endpoints: readonly string[],
): Promise<Map<string, MemberStatus | NecoError>> {
  const asked = await Promise.all(
    endpoints.map(async (endpoint) => {
      if (!(await probe.accepts(urlAddress(endpoint), ports.etcdClient))) return [];
      const first = await etcd.statuses([endpoint]);
      const isTold = [...first.values()].every((status) => !(status instanceof NecoError));
      return [...(isTold ? first : await etcd.statuses([endpoint]))];
    }),
  );
  return new Map(asked.flat());
}

/**
 * The members. When at least one answers but there is no quorum, it waits for the quorum.
 * @throws NecoError QUORUM_AT_RISK when none comes in time; ETCD_*
 */
async function quorateMembers(etcd: EtcdCluster, { reporter, signal }: LookOptions): Promise<Member[]> {
  const end = performance.now() + quorumPatience;
  const backoff = new Backoff({ first: 100, longest: 1000 });
  for (;;) {
    try {
      return await etcd.members();
    } catch (error) {
      if (!(error instanceof NecoError) || !error.retryable) throw error;
      const isOver = performance.now() > end || signal.aborted;
      const known = await etcd.members({ linearizable: false }).catch(() => undefined);
      if (known === undefined) throw error;
      if (isOver) throw withoutQuorum(known, error);
      reporter.state(`etcd has no quorum: ${error.message}`);
    }
    await backoff.pause(signal);
  }
}

/** Says how far etcd is from a quorum. */
function withoutQuorum(members: readonly Member[], cause: NecoError): NecoError {
  const voters = members.filter(({ isLearner }) => !isLearner);
  const quorum = Math.floor(voters.length / 2) + 1;
  return new NecoError(
    'QUORUM_AT_RISK',
    `etcd has no quorum, so no member can be removed: of ${String(voters.length)} voters ${String(quorum)} must answer (${voters.map(({ name }) => name).join(', ')})`,
    {
      hint: 'bring back a server that still has its disk ("systemctl start --no-block etcd" there) and run this again; if none can come back, restore a snapshot',
      cause,
    },
  );
}
