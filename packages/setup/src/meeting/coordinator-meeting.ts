import type { CertificateKindName, Signer } from '@neco/cluster-access';
import {
  messageWithCauses,
  NecoError,
  serverName,
  type ErrorCode,
  type Reporter,
  type Waited,
} from '@neco/core';
import { listenRendezvous, type RendezvousRequest } from '@neco/rendezvous';
import { Admission } from './admission.ts';
import { Attendance } from './attendance.ts';
import { Board } from './board.ts';
import { CertificateDesk } from './certificate-desk.ts';
import type { CoordinatorState, SealKey } from './coordinator-state.ts';
import type { Meeting } from './meeting.ts';
import { PhaseBoard } from './phase-board.ts';
import {
  certificatesRequestSchema,
  failedRequestSchema,
  passedRequestSchema,
  requestSchema,
  type Certificates,
  type Decision,
  type Introduction,
  type Issue,
} from './protocol.ts';
import { resolveRoute, type Routes } from './routes.ts';
import { Verdict } from './verdict.ts';

/** How long a server that asks waits for a result before it learns what there is to wait for, in ms. */
const patienceForStates = 500;

/** One that was stopped goes on when it is started again, and so do those that wait for it. The others these told already. */
const untold: readonly ErrorCode[] = ['CANCELLED', 'PREFLIGHT_FAILED', 'KEY_MISMATCH'];

/** How long the coordinator that failed goes on telling the others so, in ms. */
const patienceForFailure = 3000;

export interface CoordinatorMeetingOptions {
  lrn: number;
  lrns: readonly number[];
  address: string;
  port: number;
  seal: SealKey;
  introduction: () => Introduction;
  state: CoordinatorState;
  /** Writes the state, encrypted and synced; called before anything that depends on it leaves this host. */
  save: () => Promise<void>;
  acceptKeys: ReadonlyMap<number, string>;
  /** Makes the decision durable on the coordinator and gives it; called once, when all servers may go on. */
  settle: () => Promise<Decision>;
  /** The Vault that signs now, if there is one; may take a while. */
  signer: (issue: Issue) => Promise<Signer | undefined>;
  /** Whether, with these phases behind the coordinator, a Vault signs certificates of this issue. */
  signs: (issue: Issue, hasCompleted: (phase: string) => boolean) => boolean;
  /** The title of a phase, by its id. */
  titleOf: (phase: string) => string;
  reporter: Reporter;
  signal: AbortSignal;
}

/** The coordinator's side of the rendezvous: it opens the parts of it to the others, and answers their requests. */
export class CoordinatorMeeting implements Meeting {
  readonly state: CoordinatorState;
  readonly phases: PhaseBoard;
  readonly attendance: Attendance;
  readonly #options: CoordinatorMeetingOptions;
  readonly #board = new Board();
  readonly #verdict: Verdict;
  readonly #desk: CertificateDesk;
  readonly #admission: Admission;
  readonly #routes: Routes;
  readonly #closing = new AbortController();
  #server: { close(): Promise<void> } | undefined;
  /** Why the coordinator failed, as the others learn it, and who has learned it. */
  #failure: NecoError | undefined;
  readonly #told = new Set<number>();

  private constructor(options: CoordinatorMeetingOptions) {
    const {
      lrn: coordinator,
      lrns,
      state,
      save,
      acceptKeys,
      introduction,
      reporter,
      settle,
      signal,
    } = options;
    const board = this.#board;
    this.#options = options;
    this.state = state;
    this.attendance = new Attendance({
      coordinator,
      lrns,
      publicKeys: state.publicKeys,
      acceptKeys,
      addressOf: (lrn) => options.introduction().plan[String(lrn)] ?? '',
      save,
      board,
    });
    const { attendance } = this;
    this.phases = new PhaseBoard(attendance, board, options.titleOf);
    this.#verdict = new Verdict({
      attendance,
      board,
      until: (look, limit, waited) => this.#until(look, limit, waited),
      introduction,
      settle,
      isReplaced: (lrn) => state.replaced.has(lrn),
      reporter,
      signal,
    });
    this.#desk = new CertificateDesk({
      isOpen: (issue) => options.signs(issue, (phase) => this.phases.hasCompleted(phase)),
      signer: options.signer,
      note: async (lrn, certificates) => {
        state.noteSigned(lrn, certificates);
        await save();
      },
    });
    const { cluster } = options.seal;
    const verdict = this.#verdict;
    this.#admission = new Admission({
      coordinator,
      cluster,
      lrns: options.seal.lrns,
      attendance,
      verdict,
      introduction,
      reporter,
    });
    this.#routes = this.#makeRoutes();
  }

  /** Opens the rendezvous. Nothing else listens or was changed before. */
  static async open(options: CoordinatorMeetingOptions): Promise<CoordinatorMeeting> {
    const meeting = new CoordinatorMeeting(options);
    const { address, port, seal, reporter } = options;
    meeting.#server = await listenRendezvous({
      address,
      port,
      secret: seal.secret,
      handle: (request) =>
        meeting.#handle(request).catch((error: unknown) => {
          if (error === meeting.#failure) meeting.#hasLearned(request.lrn);
          throw meeting.attendance.asAnswered(error);
        }),
      onRefused: (event) => {
        meeting.attendance.refuse(event.remoteAddress, event.reason);
        reporter.warn(
          `refused ${event.remoteAddress}${event.identity ? ` (${event.identity})` : ''}: ${event.reason}`,
        );
      },
      onFault: (error, { path, lrn }) => {
        const why = messageWithCauses(error);
        reporter.warn(`internal fault while answering ${serverName(lrn)} (${path}): ${why}`);
      },
    });
    return meeting;
  }

  async decide(): Promise<Decision> {
    this.attendance.meetCoordinator(this.#options.introduction());
    const decision = await this.#verdict.decide();
    this.phases.begin('preflight passed');
    return decision;
  }

  async certify(issue: Issue, requests: Record<CertificateKindName, string>): Promise<Certificates> {
    const waited = (): Waited => ({
      what: `a Vault that signs ${issue} certificates`,
      seen: this.phases.doing,
    });
    await this.#until(() => this.#desk.isOpen(issue) || undefined, this.#options.signal, waited);
    return this.#desk.sign(this.#options.lrn, issue, requests);
  }

  async coordinatorPassed(phase: string, signal = this.#options.signal): Promise<void> {
    const waited = (): Waited => ({
      what: `this server to complete "${this.#options.titleOf(phase)}"`,
      seen: this.phases.doing,
    });
    await this.#until(() => this.phases.hasCompleted(phase) || undefined, signal, waited);
  }

  /** Waits until every server has completed a phase. */
  async everyonePassed(phase: string, title: string): Promise<void> {
    const { lrns, lrn: coordinator, reporter, signal } = this.#options;
    const others = lrns.filter((lrn) => lrn !== coordinator);
    const allPassed = this.phases.reportLaggards(phase, title, others, reporter);
    const waited = (): Waited => ({
      what: `all boot servers to complete "${title}"`,
      seen: this.phases.laggards(phase, others).join(', '),
    });
    await this.#until(() => allPassed() || undefined, signal, waited);
  }

  /** Waits until all that are there know how preflight ended; one that asks no more is not waited for long. */
  everyoneInformed(): Promise<void> {
    return this.#verdict.everyoneInformed();
  }

  /** Writes the state, encrypted and synced. */
  readonly save = (): Promise<void> => this.#options.save();

  /** @throws NecoError VAULT_PERMISSION_DENIED: what comes next needs a Vault that signs, and there is none. */
  withoutSigner(): never {
    throw new NecoError(
      'VAULT_PERMISSION_DENIED',
      'no Vault can sign: the temporary Vault is gone and there is no root token',
      {
        hint: 'create a root token with "vault operator generate-root", store it as <prefix>vault-root-token and run setup again',
      },
    );
  }

  async fail(error: NecoError): Promise<void> {
    const { lrn: coordinator } = this.#options;
    if (untold.includes(error.code)) return;
    const name = serverName(coordinator);
    this.#failure = new NecoError(error.code, `${name} failed: ${error.message}`, {
      hint: error.hint === undefined ? `see what setup says on ${name}` : `on ${name}: ${error.hint}`,
      details: error.details,
    });
    const others = (): number[] =>
      [...this.attendance.present.keys()].filter(
        (lrn) => lrn !== coordinator && !this.#told.has(lrn) && !this.attendance.isRegistered(lrn),
      );
    const waited = (): Waited => ({
      what: 'the others to learn it',
      seen: others().map(serverName).join(', '),
    });
    const told = this.#board.until(
      () => others().length === 0 || undefined,
      AbortSignal.timeout(patienceForFailure),
      waited,
    );
    this.#board.changed();
    await told.catch(() => undefined);
  }

  /** Its answer is on its way: the rendezvous may close then. */
  #hasLearned(lrn: number): void {
    setImmediate(() => {
      this.#told.add(lrn);
      this.#board.changed();
    });
  }

  /** Fires when the rendezvous is over. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#server?.close();
  }

  /** As the board's wait, but a second key for one LRN ends it, and so does the end of the coordinator. */
  #until<T>(look: () => T | undefined, signal: AbortSignal, waited: () => Waited): Promise<T> {
    const lookOrEnd = (): T | undefined => {
      const end = this.attendance.mismatch ?? this.#failure;
      if (end !== undefined) throw end;
      return look();
    };
    return this.#board.until(lookOrEnd, signal, waited);
  }

  #makeRoutes(): Routes {
    return {
      '/decision': {
        schema: requestSchema,
        look: (_, { lrn }) => this.#verdict.decisionFor(lrn),
      },
      '/passed': {
        schema: passedRequestSchema,
        look: ({ phase }) => (this.phases.hasCompleted(phase) ? {} : undefined),
      },
      '/failed': {
        schema: failedRequestSchema,
        look: ({ message }, { lrn }) => {
          this.attendance.fail(lrn, message);
          return {};
        },
      },
      '/certificates': {
        schema: certificatesRequestSchema,
        look: ({ issue }) => this.#desk.isOpen(issue) || undefined,
        answer: async ({ issue, requests }, { lrn, publicKey }) => {
          await this.attendance.pin(lrn, publicKey);
          return this.#desk.sign(lrn, issue, requests);
        },
      },
    };
  }

  async #handle(request: RendezvousRequest): Promise<{ result: unknown } | { waitingFor: string }> {
    const { body, publicKey } = this.#admission.admit(request);
    const asker = { lrn: request.lrn, publicKey };
    const { look, answer } = resolveRoute(this.#routes, request.path, request.body, asker);
    const ready = await this.#waitOrExplain(request, body.seen, look);
    return 'waitingFor' in ready ? ready : { result: await answer(ready.result) };
  }

  /**
   * Gives the result of `look`, or, once the server has waited for a while, what is waited for when that differs from what
   * it has seen: it asks again by another handshake, and most of what is waited for takes no longer than that.
   */
  async #waitOrExplain(
    request: RendezvousRequest,
    seen: string,
    look: () => unknown,
  ): Promise<{ result: unknown } | { waitingFor: string }> {
    let early = true;
    const timer = setTimeout(() => {
      early = false;
      this.#board.changed();
    }, patienceForStates);
    try {
      return await this.#until(
        () => {
          const result = look();
          if (result !== undefined) return { result };
          const waitingFor = this.#waitingFor();
          return early || waitingFor === seen ? undefined : { waitingFor };
        },
        request.signal,
        () => ({ what: request.path, seen }),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  #waitingFor(): string {
    const { doing } = this.phases;
    if (this.#verdict.decision === undefined) return this.#verdict.whoIsMissing() ?? doing;
    return `${serverName(this.#options.lrn)}: ${doing}`;
  }
}
