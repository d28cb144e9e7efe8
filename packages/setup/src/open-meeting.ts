import { NecoError, Secret, serverName, sleep, type ErrorDetail, type Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { createKey } from '@neco/vault-pki';
import { certificateKinds, hasEtcdData, paths } from '@neco/cluster-access';
import { connectRendezvous } from '@neco/rendezvous';
import { preflightFailed } from '@neco/preflight';
import { FollowerMeeting } from './meeting/follower-meeting.ts';
import { CoordinatorMeeting, type CoordinatorMeetingOptions } from './meeting/coordinator-meeting.ts';
import { CoordinatorState, type SealKey } from './meeting/coordinator-state.ts';
import type { Meeting } from './meeting/meeting.ts';
import type { Decision, Introduction } from './meeting/protocol.ts';
import type { SetupView } from './setup-context.ts';

/** How long a server with findings of its own tries to tell the others, in ms. */
const patienceWithFindings = 10_000;

/** How long until etcd is asked again who is registered, when it could not be asked, in ms. */
const pauseOfRegistry = 2000;

/** What a server brings to the rendezvous. */
export interface Self extends SetupView {
  readonly purpose: Introduction['purpose'];
  /** The key by which the coordinator knows this server again, PEM. */
  readonly identity: Secret;
  readonly findings: readonly ErrorDetail[];
  readonly passed: ReadonlySet<string>;
  readonly reporter: Reporter;
}

/** The key by which the coordinator knows this server again: the one on disk, or a new one that is not there yet. */
export async function identityOf(host: HostReader): Promise<Secret> {
  const text = await host.readText(paths.setupIdentity);
  return text === undefined ? createKey() : new Secret(text);
}

interface CoordinatorOptions extends Pick<
  CoordinatorMeetingOptions,
  'settle' | 'signer' | 'signs' | 'titleOf'
> {
  /** Writes what must survive a power cut; a meeting that signs nothing has nothing to write. */
  save: (state: CoordinatorState, seal: SealKey) => Promise<void>;
}

/** Opens the rendezvous on the coordinator. */
export async function openCoordinator(
  self: Self,
  secret: Secret,
  { settle, signer, signs, titleOf, save }: CoordinatorOptions,
): Promise<CoordinatorMeeting> {
  const seal = { secret, cluster: self.site.cluster, lrns: [...self.lrns] };
  const state = await CoordinatorState.load(self.host, seal);
  const meeting = await CoordinatorMeeting.open({
    lrn: self.lrn,
    lrns: self.lrns,
    address: self.address,
    port: self.site.ports.rendezvous,
    seal,
    introduction: await introducer(self),
    state,
    save: () => save(state, seal),
    acceptKeys: self.options.acceptKeys,
    settle,
    signer,
    signs,
    titleOf,
    reporter: self.reporter,
    signal: self.signal,
  }).catch((error: unknown) => {
    // A port in use or an address that is not here are among the findings, and say more there.
    throw self.findings.length > 0 ? preflightFailed(self.findings) : error;
  });
  void followRegistrations(self, meeting);
  return meeting;
}

/** Servers that are registered already, from an earlier run of this coordinator, are waited for no longer. */
async function followRegistrations(self: Self, meeting: CoordinatorMeeting): Promise<void> {
  if ((await self.host.readPair(certificateKinds.necoClient)) === undefined) return;
  const signal = AbortSignal.any([self.signal, meeting.closed]);
  while (!signal.aborted) {
    const follow = self.sight.withRegistry(async (registry) => {
      for await (const servers of registry.bootServers.watch({ signal }))
        meeting.attendance.register(servers.map(({ lrn }) => lrn));
    });
    // Where etcd does not answer yet nobody is registered, as far as this coordinator can tell: it may, after a boot.
    await follow.catch(() => undefined);
    await sleep(pauseOfRegistry, signal);
  }
}

/** Makes ready to ask the coordinator; it need not be there yet. */
export async function openFollower(
  self: Self,
  secret: Secret,
  titleOf: (phase: string) => string,
): Promise<FollowerMeeting> {
  const client = connectRendezvous({
    address: self.addresses.get(self.coordinatorLrn) ?? '',
    port: self.site.ports.rendezvous,
    coordinatorName: serverName(self.coordinatorLrn),
    secret,
    cluster: self.site.cluster,
    lrns: self.lrns,
    lrn: self.lrn,
    identity: self.identity,
  });
  const limits = self.findings.length === 0 ? [] : [AbortSignal.timeout(patienceWithFindings)];
  const signal = AbortSignal.any([self.signal, ...limits]);
  return new FollowerMeeting({
    client,
    introduction: await introducer(self),
    titleOf,
    reporter: self.reporter,
    signal,
  });
}

/**
 * A server that has findings of its own fails with them, even where it cannot tell anyone, and where the decision was
 * made before it came back.
 */
export async function decideWithFindings(
  meeting: Meeting,
  self: Pick<Self, 'findings' | 'signal'>,
): Promise<Decision> {
  const decision = await meeting.decide().catch((error: unknown) => {
    const alone =
      self.findings.length > 0 && !(error instanceof NecoError && error.code === 'PREFLIGHT_FAILED');
    throw alone && !self.signal.aborted ? preflightFailed(self.findings) : error;
  });
  if (self.findings.length > 0) throw preflightFailed(self.findings);
  return decision;
}

async function introducer(self: Self): Promise<() => Introduction> {
  const [facts, etcdData] = await Promise.all([self.host.facts(), hasEtcdData(self.host)]);
  return () => ({
    purpose: self.purpose,
    version: self.options.version,
    prefix: self.options.prefix,
    clock: Date.now(),
    machineId: facts.machineId,
    address: self.address,
    plan: Object.fromEntries(self.addresses),
    setupId: self.record?.id,
    findings: [...self.findings],
    hasEtcdData: etcdData,
    passed: [...self.passed],
  });
}
