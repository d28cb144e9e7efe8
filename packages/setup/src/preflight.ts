import { NecoError, runLimited, type Reporter, type Secret } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { hostChecks, preflightFailed } from '@neco/preflight';
import { decideWithFindings, identityOf, openFollower, openCoordinator, type Self } from './open-meeting.ts';
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
  const limited = { ...options, hint: 'run the same command on all of them at the same time' };
  await runLimited(limited, async (signal, reporter) => {
    const host = readOnlyHost();
    const asked = { ...options, revoke: true, dryRun: true, acceptKeys: new Map(), again: '', ...unasked };
    const view = await viewOf(host, asked, signal);
    try {
      const resuming = view.record !== undefined;
      const warn = (message: string): void => {
        reporter.warn(message);
      };
      const findings = await hostChecks(host, view.site, view.lrns, { resuming, warn });
      if (options.secret !== undefined) {
        const identity = await identityOf(host);
        const passed = new Set<string>();
        const self = { ...view, host, purpose: 'preflight', identity, findings, passed, reporter } as const;
        await compareWithOthers(self, await options.secret());
      } else if (findings.length > 0) throw preflightFailed(findings);
    } finally {
      await view.etcd.close();
    }
  });
}

/** Meets the others and hears what all found. @throws NecoError PREFLIGHT_FAILED */
async function compareWithOthers(self: Self, secret: Secret): Promise<void> {
  const titleOf = (phase: string): string => phase;
  const coordinator = self.isCoordinator
    ? await openCoordinator(self, secret, {
        settle: () => Promise.resolve({ setupId: '', startedAt: '', etcdState: 'new' }),
        signer: () => Promise.resolve(undefined),
        signs: () => false,
        save: nothingWritten,
        titleOf,
      })
    : undefined;
  const meeting = coordinator ?? (await openFollower(self, secret, titleOf));
  try {
    await decideWithFindings(meeting, self);
    await coordinator?.everyoneInformed();
  } finally {
    await meeting.close();
  }
}

const nothingWritten = (): Promise<never> =>
  Promise.reject(new NecoError('INTERNAL', 'preflight writes nothing'));
const nothingAsked = (): Promise<never> =>
  Promise.reject(new NecoError('INTERNAL', 'preflight asks for nothing'));
const unasked = { secret: nothingAsked, administrator: nothingAsked };
