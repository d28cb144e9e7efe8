import { randomBytes } from 'node:crypto';
import { NecoError, serverName, waitFor, type Look, type Phase, type Secret } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import { paths, setupRecordFile } from '@neco/cluster-access';
import { preflightFailed } from '@neco/preflight';
import { decideWithFindings, identityOf, openFollower, openCoordinator } from '../open-meeting.ts';
import type { Meeting } from '../meeting/meeting.ts';
import { isFinished } from '../progress.ts';
import type { Decision, Issue } from '../meeting/protocol.ts';
import { signerFor } from '../vault/signer-in-charge.ts';
import { coordinatorOf, recordOf, type SetupContext, type SetupView } from '../setup-context.ts';
import { prepareAuthorities } from './certificates/prepare-authorities.ts';
import { revokeLostCertificates } from './certificates/revoke-lost-certificates.ts';

/** The rendezvous: all servers are there, were given the same, and nothing is wrong with any of them. */
export const meetTheOthers: Phase<SetupView, SetupContext> = {
  id: 'meet-the-others',
  title: 'Meet the other boot servers',
  isDone: isFinished,
  plan: ({ isCoordinator, coordinatorLrn, lrns }) =>
    isCoordinator
      ? [
          `listen for ${lrns
            .filter((lrn) => lrn !== coordinatorLrn)
            .map(serverName)
            .join(' and ')}, with the setup secret`,
        ]
      : [`connect to ${serverName(coordinatorLrn)}, with the setup secret`],
  async run(context) {
    const secret = await secretOf(context);
    const identity = await identityOf(context.host);
    const over = new AbortController();
    const self = {
      purpose: 'setup',
      identity,
      ...context,
      signal: AbortSignal.any([context.signal, over.signal]),
    } as const;
    const titleOf = (phase: string): string => context.titles.get(phase) ?? phase;
    if (context.isCoordinator) {
      context.coordinator = await openCoordinator(self, secret, {
        settle: () => settle(context),
        save: (state, seal) => state.save(context.host, seal),
        signer: (issue) => signerFor(context, issue),
        titleOf,
        signs: (issue, hasCompleted) => signs(context, issue, hasCompleted),
      });
    }
    context.meeting = context.coordinator ?? (await openFollower(self, secret, titleOf));
    const decision = await decideUnlessFinished(context, context.meeting).catch(async (error: unknown) => {
      // The admin accepts the key that was named: this server must show the same one again.
      if (error instanceof NecoError && error.code === 'KEY_MISMATCH')
        await keepIdentity(context.host, identity);
      throw error;
    });
    if (decision === undefined) {
      over.abort();
      await context.meeting.close();
      context.meeting = context.coordinator = undefined;
      return;
    }
    await keepIdentity(context.host, identity);
    await remember(context, decision);
  },
};

/** Whether a Vault is there that signs: the temporary one, or the real one once it holds the CAs and refuses what was lost. */
function signs(context: SetupContext, issue: Issue, hasCompleted: (phase: string) => boolean): boolean {
  if (hasCompleted(revokeLostCertificates.id)) return true;
  const keepsAuthorities = coordinatorOf(context).state.authorities !== undefined;
  return issue === 'initial' && hasCompleted(prepareAuthorities.id) && keepsAuthorities;
}

/**
 * The decision, or nothing where setup turns out to be finished: etcd could not be asked at first, as after a power cut
 * of all, and the others, who know it, come to no rendezvous any more.
 */
async function decideUnlessFinished(context: SetupContext, meeting: Meeting): Promise<Decision | undefined> {
  const decided = new AbortController();
  const signal = AbortSignal.any([context.signal, decided.signal]);
  const look = async (): Promise<Look<undefined>> =>
    (await isFinished(context)) ? { done: true, value: undefined } : { done: false, seen: 'not finished' };
  const finished = { what: 'all boot servers to be registered', pause: 1000, maxPause: 2000, signal };
  // Where it is stopped, it is for the rendezvous to say what was waited for.
  const never = new Promise<never>(() => undefined);
  try {
    return await Promise.race([
      decideWithFindings(meeting, context),
      waitFor(look, finished).catch(() => never),
    ]);
  } finally {
    decided.abort();
  }
}

/** A server with findings of its own says them, even where there is nobody to ask for the secret. */
async function secretOf({ options, isCoordinator, findings }: SetupContext): Promise<Secret> {
  try {
    return await options.secret({ isCoordinator });
  } catch (error) {
    throw findings.length > 0 ? preflightFailed(findings) : error;
  }
}

async function keepIdentity(host: HostWriter, identity: Secret): Promise<void> {
  await host.makeDirectory(paths.state, { mode: 0o700 });
  await host.makeDirectory(paths.setupState, { mode: 0o700 });
  await host.writeFile(paths.setupIdentity, identity.reveal(), { mode: 0o600 });
}

/** The coordinator's record is written before any other server hears the decision. */
async function settle(context: SetupContext): Promise<Decision> {
  const record = context.record ?? newRecord();
  await remember(context, { setupId: record.id, startedAt: record.startedAt, etcdState: 'new' });
  await acceptKeys(context);
  return { setupId: record.id, startedAt: record.startedAt, etcdState: 'new' };
}

/**
 * A server whose new key the admin accepts has lost the log of its etcd member. Where the others may have formed a cluster with
 * that member it gets another one: etcd ends where the log of its member is lost.
 */
async function acceptKeys(context: SetupContext): Promise<void> {
  const { state, save, attendance } = coordinatorOf(context);
  for (const [lrn, key] of context.options.acceptKeys) {
    const known = state.publicKeys.get(lrn);
    if (known === key) continue;
    state.publicKeys.set(lrn, key);
    if (known !== undefined && attendance.hasEtcdBeside(lrn)) state.replaced.set(lrn, 'pending');
  }
  await save();
}

function newRecord(): { id: string; startedAt: string } {
  return { id: randomBytes(16).toString('hex'), startedAt: new Date().toISOString() };
}

async function remember(context: SetupContext, decision: Decision): Promise<void> {
  context.etcdState = decision.etcdState;
  if (context.record === undefined) {
    context.record = {
      version: 1,
      id: decision.setupId,
      cluster: context.site.cluster,
      lrns: [...context.lrns],
      prefix: context.options.prefix,
      startedAt: decision.startedAt,
    };
    await setupRecordFile.write(context.host, context.record);
  }
  if (recordOf(context).id !== decision.setupId) {
    throw new NecoError(
      'FOREIGN_DATA',
      `this server belongs to the setup ${recordOf(context).id}, the coordinator runs ${decision.setupId}`,
      {
        hint: `the coordinator has lost its disk or another server leads; put the coordinator's ${paths.state} back, or start over on empty servers`,
      },
    );
  }
}
