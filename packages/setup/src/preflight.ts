import { NecoError, type Reporter, type Secret } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { hostChecks, preflightFailed } from '@neco/preflight';
import { decideWithFindings, identityOf, openFollower, openCoordinator } from './open-meeting.ts';
import { viewOf } from './view-of.ts';

/** The options of `preflight`. */
export interface PreflightOptions {
  lrns: number[];
  /** Root of neco's etcd keys, with one slash before and behind. */
  prefix: string;
  /** Limit in milliseconds of the wait for the other servers; none by default. */
  timeout?: number;
  /** Gives the setup secret, when all servers are to be checked against each other; this host alone without it. */
  secret?(): Promise<Secret>;
  reporter: Reporter;
  signal: AbortSignal;
  version: string;
}

/**
 * Looks for all that is in the way of setup on this host, and with the secret on all of them, run there at the same
 * time. Changes nothing.
 * @throws NecoError PREFLIGHT_FAILED with all findings; CONFIG_*, LRN_LIST_INVALID, RENDEZVOUS_REFUSED, TIMEOUT
 */
export async function preflight(options: PreflightOptions): Promise<void> {
  const limits = options.timeout === undefined ? [] : [AbortSignal.timeout(options.timeout)];
  const signal = AbortSignal.any([options.signal, ...limits]);
  const host = readOnlyHost();
  const view = await viewOf(
    host,
    { ...options, revoke: true, dryRun: true, acceptKeys: new Map(), again: '', ...unasked },
    signal,
  );
  const resuming = view.record !== undefined;
  const findings = await hostChecks(host, view.site, view.lrns, { resuming });
  if (options.secret === undefined) {
    if (findings.length > 0) throw preflightFailed(findings);
    return;
  }
  const identity = await identityOf(host);
  const self = {
    ...view,
    host,
    purpose: 'preflight',
    identity,
    findings,
    passed: new Set<string>(),
    reporter: options.reporter,
  } as const;
  const secret = await options.secret();
  const coordinator = view.isCoordinator
    ? await openCoordinator(self, secret, {
        settle: () => Promise.resolve({ setupId: '', startedAt: '', etcdState: 'new' }),
        signer: () => Promise.resolve(undefined),
        signs: () => false,
        save: nothingWritten,
        titleOf: (phase) => phase,
      })
    : undefined;
  const meeting = coordinator ?? (await openFollower(self, secret));
  try {
    await decideWithFindings(meeting, self);
    await coordinator?.everyoneInformed();
  } catch (error) {
    if (!limits.some(({ aborted }) => aborted)) throw error;
    throw new NecoError(
      'TIMEOUT',
      `not all boot servers ran preflight within ${String((options.timeout ?? 0) / 1000)} s`,
      {
        hint: 'run the same command on all of them at the same time',
        cause: error,
      },
    );
  } finally {
    await meeting.close();
    await view.etcd.close();
  }
}

const nothingWritten = (): Promise<never> =>
  Promise.reject(new NecoError('INTERNAL', 'preflight writes nothing'));
const nothingAsked = (): Promise<never> =>
  Promise.reject(new NecoError('INTERNAL', 'preflight asks for nothing'));
const unasked = { secret: nothingAsked, administrator: nothingAsked };
