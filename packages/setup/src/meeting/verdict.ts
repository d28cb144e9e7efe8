import { serverName, type ErrorDetail, type NecoError, type Reporter, type Waited } from '@neco/core';
import { compareServers, preflightFailed } from '@neco/preflight';
import type { Attendance } from './attendance.ts';
import type { Board } from './board.ts';
import type { Decision, Introduction } from './protocol.ts';

/** How long the servers that are there wait for the findings of the others once something is wrong, in ms. */
const patienceForFindings = 5000;

/** How long the coordinator goes on answering the others with how preflight ended, in ms. */
const patienceForAnswers = 3000;

export interface VerdictOptions {
  attendance: Attendance;
  board: Board;
  /** As the board's wait, but a second key for one LRN ends it. */
  until: <T>(look: () => T | undefined, signal: AbortSignal, waited: () => Waited) => Promise<T>;
  introduction: () => Introduction;
  /** Makes the decision durable on the coordinator and gives it; called once, when all servers may go on. */
  settle: () => Promise<Decision>;
  /** Whether the etcd member of this server takes the place of one that was lost. */
  isReplaced: (lrn: number) => boolean;
  reporter: Reporter;
  signal: AbortSignal;
}

/** Whether all servers may go on: what preflight found on each and across them, decided once. */
export class Verdict {
  readonly #options: VerdictOptions;
  readonly #refused = new Map<string, ErrorDetail>();
  #deciding: Promise<Decision> | undefined;
  #decision: Decision | undefined;
  #failure: NecoError | undefined;

  constructor(options: VerdictOptions) {
    this.#options = options;
  }

  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** A server was refused before it was met; that is a finding of all. */
  refuse(name: string, finding: ErrorDetail): void {
    this.#refused.set(name, finding);
    this.#options.board.changed();
  }

  /** Waits until all are there and decides. @throws NecoError PREFLIGHT_FAILED with the findings of all, KEY_MISMATCH */
  decide(): Promise<Decision> {
    this.#deciding ??= this.#waitAndDecide();
    this.#options.board.changed();
    return this.#deciding;
  }

  /** The decision for one server, once there is one. @throws NecoError PREFLIGHT_FAILED */
  decisionFor(lrn: number): Decision | undefined {
    if (this.#failure === undefined && this.#decision === undefined) return undefined;
    this.#options.attendance.inform(lrn);
    if (this.#failure !== undefined) throw this.#failure;
    const etcdState = this.#options.isReplaced(lrn) ? 'existing' : 'new';
    return this.#decision && { ...this.#decision, etcdState };
  }

  /** Waits until all that are there know how preflight ended; one that asks no more is not waited for long. */
  async everyoneInformed(): Promise<void> {
    const { attendance, board, signal } = this.#options;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceForAnswers)]);
    const waited = (): Waited => ({
      what: 'the others to learn how preflight ended',
      seen: 'not all have asked',
    });
    await board.until(() => attendance.allInformed() || undefined, limit, waited).catch(() => undefined);
  }

  /** Who has not come yet; undefined when all have. */
  whoIsMissing(): string | undefined {
    const { attendance } = this.#options;
    const missing = attendance.missing().map((lrn) => `${serverName(lrn)} (${attendance.whyMissing(lrn)})`);
    return missing.length === 0 ? undefined : missing.join(', ');
  }

  async #waitAndDecide(): Promise<Decision> {
    const { attendance, board, until, reporter, settle, signal } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    let patient = true;
    try {
      await until(
        () => {
          if (attendance.missing().length === 0) return true;
          if (this.#findings().length > 0) {
            timer ??= setTimeout(() => {
              patient = false;
              board.changed();
            }, patienceForFindings);
          }
          reporter.state(this.whoIsMissing() ?? '');
          return patient ? undefined : true;
        },
        signal,
        () => ({ what: 'the other boot servers', seen: this.whoIsMissing() ?? 'all are there' }),
      );
    } finally {
      clearTimeout(timer);
    }
    const findings = this.#findings();
    if (findings.length > 0) return this.#fail(findings);
    this.#decision = await settle();
    board.changed();
    return this.#decision;
  }

  /** Lets all that are there learn what was found, and only then fails here. */
  async #fail(findings: ErrorDetail[]): Promise<never> {
    this.#failure = preflightFailed(findings);
    this.#options.board.changed();
    await this.everyoneInformed();
    throw this.#failure;
  }

  #findings(): ErrorDetail[] {
    const { attendance, introduction } = this.#options;
    const present = [...attendance.present].sort(([one], [other]) => one - other);
    const own: ErrorDetail[] = present.flatMap(
      ([
        lrn,
        {
          introduction: { findings },
        },
      ]) =>
        findings.map(({ message, hint }) => ({
          message: `${serverName(lrn)}: ${message}`,
          ...(hint === undefined ? {} : { hint }),
        })),
    );
    const servers = present.map(([lrn, one]) => ({ lrn, offset: one.offset, ...one.introduction }));
    return [...own, ...this.#refused.values(), ...compareServers(introduction(), servers)];
  }
}
