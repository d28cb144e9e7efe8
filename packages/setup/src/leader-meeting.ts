import { isDeepStrictEqual } from 'node:util';
import { NecoError, serverName, type ErrorDetail, type Reporter } from '@neco/core';
import type { z } from 'zod';
import {
  type CertificateKindName,
  certificateKindNames,
  forEachAuthority,
  initialLeafLifeHours,
  leafLifeHours,
  type PerAuthority,
  type Signer,
} from '@neco/cluster-access';
import { compareServers, preflightFailed } from '@neco/preflight';
import { listenRendezvous, type RendezvousRequest } from '@neco/rendezvous';
import { Board } from './board.ts';
import type { LeaderState, SealKey } from './leader-state.ts';
import type { Meeting } from './meeting.ts';
import {
  certificatesRequestSchema,
  passedRequestSchema,
  requestSchema,
  versionSchema,
  type Certificates,
  type Decision,
  type Introduction,
  type Issue,
} from './protocol.ts';

/** How long the servers that are there wait for the findings of the others once something is wrong, in ms. */
const patienceForFindings = 5000;
/** How long the leader goes on telling the others how preflight ended, in ms. */
const patienceForTelling = 3000;

/** How long a server that asks waits for a result before it is told what there is to wait for, in ms. */
const patienceForStates = 500;

export interface LeaderMeetingOptions {
  lrn: number;
  lrns: readonly number[];
  address: string;
  port: number;
  seal: SealKey;
  introduction: () => Introduction;
  state: LeaderState;
  /** Writes the state, encrypted and synced; called before anything that depends on it leaves this host. */
  save: () => Promise<void>;
  acceptKeys: ReadonlyMap<number, string>;
  /** Makes the decision durable on the leader and gives it; called once, when all servers may go on. */
  settle: () => Promise<Decision>;
  /** The Vault that signs now, if there is one; may take a while. */
  signer: (issue: Issue) => Promise<Signer | undefined>;
  reporter: Reporter;
  signal: AbortSignal;
}

interface Present {
  introduction: Introduction;
  /** Fingerprint of the key that it has proved to own; undefined for the leader itself. */
  publicKey: string | undefined;
  /** This server's clock minus the leader's, in ms. */
  offset: number;
  /** Whether it was told the outcome of preflight. */
  told: boolean;
}

/** The leader's side of the rendezvous: who is there, what was decided, who signs, who has come how far. */
export class LeaderMeeting implements Meeting {
  readonly state: LeaderState;
  readonly #options: LeaderMeetingOptions;
  readonly #board = new Board();
  readonly #present = new Map<number, Present>();
  readonly #refused = new Map<string, ErrorDetail>();
  readonly #passed = new Set<string>();
  #registered: ReadonlySet<number> = new Set();
  #decision: Promise<Decision> | undefined;
  #decided: Decision | undefined;
  readonly #closing = new AbortController();
  #failed: NecoError | undefined;
  #stopped: { here: NecoError; elsewhere: NecoError } | undefined;
  /** Why servers that came back were turned away, until they come as they were. */
  readonly #turnedAway = new Map<number, string>();
  readonly #revocations = new Map<Signer, Promise<PerAuthority<Buffer>>>();
  readonly #pinning = new Map<number, Promise<void>>();
  #doing = 'preflight';
  #server: { close(): Promise<void> } | undefined;

  private constructor(options: LeaderMeetingOptions) {
    this.#options = options;
    this.state = options.state;
  }

  /** Opens the rendezvous. Nothing else listens or was changed before. */
  static async open(options: LeaderMeetingOptions): Promise<LeaderMeeting> {
    const meeting = new LeaderMeeting(options);
    const { address, port, seal, signal, reporter } = options;
    meeting.#server = await listenRendezvous({
      address,
      port,
      secret: seal.secret,
      cluster: seal.cluster,
      lrns: seal.lrns,
      signal,
      handle: (request) =>
        meeting.#handle(request).catch((error: unknown) => {
          throw meeting.#asTold(error);
        }),
      onRefused: (event) => {
        reporter.warn(
          `refused ${event.remoteAddress}${event.identity ? ` (${event.identity})` : ''}: ${event.reason}`,
        );
      },
    });
    return meeting;
  }

  /** What the leader works on, for those that wait. */
  doing(text: string): void {
    this.#doing = text;
    this.#board.changed();
  }

  /** These servers are registered: they have all behind them and no longer come to the rendezvous. */
  registered(lrns: Iterable<number>): void {
    this.#registered = new Set(lrns);
    this.#board.changed();
  }

  /** The leader has a phase behind it. */
  passed(phase: string): void {
    this.#passed.add(phase);
    this.#board.changed();
  }

  async decide(): Promise<Decision> {
    this.#present.set(this.#options.lrn, {
      introduction: this.#options.introduction(),
      publicKey: undefined,
      offset: 0,
      told: true,
    });
    return this.#decideOnce();
  }

  async certify(issue: Issue, requests: Record<CertificateKindName, string>): Promise<Certificates> {
    await this.#until(() => this.#signs(issue) || undefined, this.#options.signal);
    return this.#sign(this.#options.lrn, issue, requests);
  }

  async leaderPassed(phase: string, signal = this.#options.signal): Promise<void> {
    await this.#until(() => this.#passed.has(phase) || undefined, signal);
  }

  /** Waits until every server has a phase behind it. */
  async everyonePassed(phase: string, title: string): Promise<void> {
    const { lrns, lrn: leader, reporter, signal } = this.#options;
    let told = '';
    await this.#until(() => {
      const missing = lrns.filter((lrn) => lrn !== leader && !this.#hasPassed(lrn, phase));
      if (missing.length === 0) return true;
      const text = `waiting for ${missing.map((lrn) => `${serverName(lrn)} (${this.lastSeen(lrn)})`).join(', ')}: ${title}`;
      if (text !== told) reporter.state(text);
      told = text;
      return undefined;
    }, signal);
  }

  /** What was last seen of a server, for who waits for it. */
  lastSeen(lrn: number): string {
    const reason = this.#turnedAway.get(lrn);
    if (reason !== undefined) return `it came back and was turned away: ${reason}`;
    const passed = this.#present.get(lrn)?.introduction.passed;
    if (passed === undefined) return 'never seen since this command began';
    return passed.length === 0 ? 'it has just begun' : `it has passed ${passed.at(-1) ?? ''}`;
  }

  /** Waits until all that are there know how preflight ended; one that does not ask any more is not waited for long. */
  async everyoneTold(): Promise<void> {
    const told = AbortSignal.any([this.#options.signal, AbortSignal.timeout(patienceForTelling)]);
    const all = (): true | undefined => [...this.#present.values()].every((one) => one.told) || undefined;
    await this.#board.until(all, told).catch(() => undefined);
  }

  /** Writes the state, encrypted and synced. */
  readonly save = (): Promise<void> => this.#options.save();

  /** @throws NecoError VAULT_PERMISSION_DENIED: what comes next needs a Vault that signs, and there is none. */
  withoutSigner(): never {
    throw new NecoError(
      'VAULT_PERMISSION_DENIED',
      'no Vault can sign: the temporary one is gone and there is no root token',
      {
        hint: 'make a root token with "vault operator generate-root", put it at <prefix>vault-root-token and run setup again',
      },
    );
  }

  /** Fires when the rendezvous is over. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#server?.close();
  }

  #hasPassed(lrn: number, phase: string): boolean {
    if (this.#registered.has(lrn)) return true;
    return this.#present.get(lrn)?.introduction.passed.includes(phase) ?? false;
  }

  /** As the board's wait, but a second key for one LRN ends it. */
  #until<T>(look: () => T | undefined, signal: AbortSignal): Promise<T> {
    return this.#board.until(() => {
      if (this.#stopped !== undefined) throw this.#stopped.here;
      return look();
    }, signal);
  }

  #decideOnce(): Promise<Decision> {
    this.#decision ??= this.#waitAndDecide();
    this.#board.changed();
    return this.#decision;
  }

  async #waitAndDecide(): Promise<Decision> {
    const { signal } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    let patient = true;
    try {
      await this.#until(() => {
        if (this.#missing().length === 0) return true;
        if (this.#findings().length > 0) {
          timer ??= setTimeout(() => {
            patient = false;
            this.#board.changed();
          }, patienceForFindings);
        }
        this.#options.reporter.state(this.#whoIsMissing());
        return patient ? undefined : true;
      }, signal);
    } finally {
      clearTimeout(timer);
    }
    const findings = this.#findings();
    if (findings.length > 0) return this.#fail(findings);
    this.#decided = await this.#options.settle();
    this.#doing = 'preflight passed';
    this.#board.changed();
    return this.#decided;
  }

  /** Tells all that are there what was found, and only then fails here. */
  async #fail(findings: ErrorDetail[]): Promise<never> {
    const failure = preflightFailed(findings);
    this.#failed = failure;
    this.#board.changed();
    await this.everyoneTold();
    throw failure;
  }

  #missing(): number[] {
    return this.#options.lrns.filter((lrn) => !this.#present.has(lrn) && !this.#registered.has(lrn));
  }

  #whoIsMissing(): string {
    const missing = this.#missing().map((lrn) => `${serverName(lrn)} (never seen)`);
    return missing.length === 0 ? this.#doing : missing.join(', ');
  }

  #findings(): ErrorDetail[] {
    const present = [...this.#present].sort(([one], [other]) => one - other);
    const own: ErrorDetail[] = present.flatMap(([lrn, { introduction }]) =>
      introduction.findings.map((finding) => ({
        message: `${serverName(lrn)}: ${finding.message}`,
        ...(finding.hint === undefined ? {} : { hint: finding.hint }),
      })),
    );
    const leader = this.#options.introduction();
    const servers = present.map(([lrn, { introduction, offset }]) => ({
      lrn,
      offset,
      ...introduction,
    }));
    return [...own, ...this.#refused.values(), ...compareServers(leader, servers)];
  }

  async #handle(request: RendezvousRequest): Promise<unknown> {
    this.#refuseAnother(request);
    const body = this.#understand(request);
    this.#refuseAnotherPurpose(request, body.introduction);
    const publicKey = this.#keyOf(request);
    this.#refuseUnlike(request, body.introduction);
    this.#meet(request.lrn, body.introduction, publicKey);
    switch (request.path) {
      case '/decision':
        return this.#answer(request, body.seen, () => this.#decisionFor(request.lrn));
      case '/passed': {
        const { phase } = passedRequestSchema.parse(request.body);
        return this.#answer(request, body.seen, () => (this.#passed.has(phase) ? {} : undefined));
      }
      case '/certificates': {
        const { issue, requests } = certificatesRequestSchema.parse(request.body);
        const ready = await this.#answer(request, body.seen, () => this.#signs(issue) || undefined);
        if ('waitingFor' in ready) return ready;
        await this.#pin(request.lrn, publicKey);
        return { result: await this.#sign(request.lrn, issue, requests) };
      }
      default:
        throw new NecoError('INTERNAL', `boot servers do not ask for ${request.path}`);
    }
  }

  /** A server that this one does not understand runs another version; the version itself it says in any. */
  #understand(request: RendezvousRequest): z.infer<typeof requestSchema> {
    const parsed = requestSchema.safeParse(request.body);
    if (parsed.success) return parsed.data;
    const version = versionSchema.safeParse(request.body).data?.introduction.version ?? 'of another version';
    const name = nameOf(request);
    const message = `${name} runs neco ${version}, the leader ${this.#options.introduction().version}`;
    return this.#refuse(name, message, 'install one version of neco on all boot servers');
  }

  #refuse(name: string, message: string, hint: string): never {
    this.#refused.set(name, { message, hint });
    this.#board.changed();
    throw new NecoError('RENDEZVOUS_REFUSED', message, { hint });
  }

  /** A server that was given something else than this one gets nothing but the reason. */
  #refuseAnother(request: RendezvousRequest): void {
    const { cluster, lrns } = this.#options.seal;
    const name = nameOf(request);
    const refuse = (message: string, hint: string): never => this.#refuse(name, message, hint);
    if (request.cluster !== cluster) {
      refuse(
        `${name} belongs to the cluster ${JSON.stringify(request.cluster)}, the leader to ${JSON.stringify(cluster)}`,
        'give both the same "cluster" in /etc/neco/site.yml, or use another secret for another cluster',
      );
    }
    if (!isDeepStrictEqual(request.lrns, lrns)) {
      refuse(
        `${name} was given the LRNs ${request.lrns.join(' ')}, the leader ${lrns.join(' ')}`,
        'run neco with the same LRNs on all of them',
      );
    }
    if (!lrns.includes(request.lrn) || request.lrn === this.#options.lrn) {
      refuse(
        `${name} says that it is ${serverName(request.lrn)}, which is ${request.lrn === this.#options.lrn ? 'the leader' : 'not in the list'}`,
        'correct "lrn" in /etc/neco/site.yml there',
      );
    }
  }

  #refuseAnotherPurpose({ lrn }: RendezvousRequest, { purpose }: Introduction): void {
    const own = this.#options.introduction().purpose;
    if (purpose === own) return;
    throw new NecoError(
      'RENDEZVOUS_REFUSED',
      `${serverName(lrn)} runs "neco ${purpose}", the leader "neco ${own}"`,
      {
        hint: 'run the same command on all of them',
      },
    );
  }

  /** Whoever holds the secret may say any name, but is known again by a key that is its own. */
  #keyOf(request: RendezvousRequest): string {
    if (request.publicKey !== undefined) return request.publicKey;
    throw new NecoError(
      'RENDEZVOUS_REFUSED',
      `${nameOf(request)} does not prove that it owns the key that it shows`,
      { hint: 'install one version of neco on all boot servers' },
    );
  }

  /**
   * A server that comes back when all was decided is held against the others as all were then: it may have another
   * version, address plan or clock by now. It alone is turned away; the others go on.
   */
  #refuseUnlike({ lrn, path }: RendezvousRequest, introduction: Introduction): void {
    if (this.#decided === undefined) return;
    const leader = this.#options.introduction();
    const known = this.#present.get(lrn);
    const measured = introduction.clock - Date.now();
    // Its first request tells its clock; a later one may have been held up on its way.
    const offset = path === '/decision' ? measured : (known?.offset ?? measured);
    const others = [...this.#present].filter(([other]) => other !== lrn);
    const findings = others.flatMap(([other, present]) =>
      compareServers({ ...leader, setupId: this.#decided?.setupId ?? leader.setupId }, [
        { lrn: other, offset: present.offset, ...present.introduction },
        { lrn, offset, ...introduction },
      ]),
    );
    if (findings.length === 0) return;
    const distinct = [...new Map(findings.map((finding) => [finding.message, finding])).values()];
    const reason = distinct.map(({ message }) => message).join('; ');
    if (this.#turnedAway.get(lrn) !== reason) {
      this.#options.reporter.warn(`${serverName(lrn)} came back and was turned away: ${reason}`);
    }
    this.#turnedAway.set(lrn, reason);
    this.#board.changed();
    throw preflightFailed(distinct);
  }

  #meet(lrn: number, introduction: Introduction, publicKey: string): void {
    this.#checkKey(lrn, introduction, publicKey);
    this.#turnedAway.delete(lrn);
    const told = this.#present.get(lrn)?.told ?? false;
    this.#present.set(lrn, { introduction, publicKey, offset: introduction.clock - Date.now(), told });
    this.#board.changed();
  }

  /**
   * The first public key shown for an LRN is the one, until the admin accepts another. Before anything was signed
   * for it a server may begin anew, if it is the same machine.
   */
  #checkKey(lrn: number, { machineId }: Introduction, shown: string): void {
    const present = this.#present.get(lrn);
    const unpinned = present?.introduction.machineId === machineId ? shown : present?.publicKey;
    const known = this.state.publicKeys.get(lrn) ?? unpinned;
    if (known === undefined || known === shown || this.#options.acceptKeys.get(lrn) === shown) return;
    const hint = `either two servers call themselves ${serverName(lrn)}, or it lost its disk; if you know that it is the right one, run setup on ${serverName(this.#options.lrn)} with --accept-key ${String(lrn)}=${shown}`;
    const shows = `${serverName(lrn)} shows the key ${shown}, but`;
    // The key that is known is the leader's to say: who shows another need not learn it.
    this.#stopped = {
      here: new NecoError('KEY_MISMATCH', `${shows} it is known by ${known}`, { hint }),
      elsewhere: new NecoError(
        'KEY_MISMATCH',
        `${shows} ${serverName(this.#options.lrn)} knows it by another, which it names`,
        { hint },
      ),
    };
    this.#board.changed();
    throw this.#stopped.here;
  }

  /** The key is on disk before anything is signed for it, also when the server asks again while it is being written. */
  async #pin(lrn: number, publicKey: string): Promise<void> {
    const { publicKeys } = this.state;
    const before = publicKeys.get(lrn);
    if (before !== publicKey) {
      publicKeys.set(lrn, publicKey);
      this.#pinning.set(lrn, this.#options.save());
    }
    try {
      await this.#pinning.get(lrn);
    } catch (error) {
      // What was not written is not pinned: the next request tries again.
      if (before === undefined) publicKeys.delete(lrn);
      else if (before !== publicKey) publicKeys.set(lrn, before);
      throw error;
    }
  }

  /** An error as another server is told of it. */
  #asTold(error: unknown): unknown {
    return this.#stopped !== undefined && error === this.#stopped.here ? this.#stopped.elsewhere : error;
  }

  #decisionFor(lrn: number): Decision | undefined {
    if (this.#failed === undefined && this.#decided === undefined) return undefined;
    this.#tell(lrn);
    if (this.#failed !== undefined) throw this.#failed;
    return (
      this.#decided && { ...this.#decided, etcdState: this.state.replaced.has(lrn) ? 'existing' : 'new' }
    );
  }

  /** Counts a server as told, once the answer is on its way: the rendezvous may close then. */
  #tell(lrn: number): void {
    setImmediate(() => {
      const present = this.#present.get(lrn);
      if (present === undefined || present.told) return;
      present.told = true;
      this.#board.changed();
    });
  }

  /**
   * Answers when `look` gives a result, or, once the client has waited for a while, when what is waited for differs from what
   * it has seen: it asks again by another handshake, and most of what is waited for takes no longer than that.
   */
  async #answer<T>(
    request: RendezvousRequest,
    seen: string,
    look: () => T | undefined,
  ): Promise<{ result: T } | { waitingFor: string }> {
    let early = true;
    const timer = setTimeout(() => {
      early = false;
      this.#board.changed();
    }, patienceForStates);
    try {
      return await this.#until(() => {
        const result = look();
        if (result !== undefined) return { result };
        const waitingFor =
          this.#decided === undefined
            ? this.#whoIsMissing()
            : `${serverName(this.#options.lrn)}: ${this.#doing}`;
        return early || waitingFor === seen ? undefined : { waitingFor };
      }, request.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether a Vault is there that signs: the temporary one, or the real one once it holds the CAs. */
  #signs(issue: Issue): boolean {
    if (this.#passed.has('import-authorities')) return true;
    return (
      issue === 'initial' && this.#passed.has('prepare-authorities') && this.state.authorities !== undefined
    );
  }

  /** What a signer has revoked; it is asked once, for nothing is revoked while setup runs. */
  #revocationsOf(signer: Signer): Promise<PerAuthority<Buffer>> {
    const known = this.#revocations.get(signer);
    if (known !== undefined) return known;
    const asked = signer.revocations();
    this.#revocations.set(signer, asked);
    asked.catch(() => this.#revocations.delete(signer));
    return asked;
  }

  async #sign(
    lrn: number,
    issue: Issue,
    requests: Partial<Record<CertificateKindName, string>>,
  ): Promise<Certificates> {
    const signer = await this.#options.signer(issue);
    if (signer === undefined) {
      throw new NecoError('INTERNAL', `no Vault can sign the ${issue} certificates of ${serverName(lrn)}`);
    }
    const life = issue === 'initial' ? initialLeafLifeHours : leafLifeHours;
    const signing = certificateKindNames.map(
      async (kind) => [kind, await signer.certify(kind, lrn, requests[kind] ?? '', life)] as const,
    );
    const [signed, authorities, revocations] = await Promise.all([
      Promise.all(signing),
      signer.authorities(),
      this.#revocationsOf(signer),
    ]);
    return {
      certificates: Object.fromEntries(signed) as Record<CertificateKindName, string>,
      authorities,
      revocations: await forEachAuthority((name) => Promise.resolve(revocations[name].toString('base64'))),
    };
  }
}

function nameOf({ lrn, remoteAddress }: RendezvousRequest): string {
  return `${serverName(lrn)} at ${remoteAddress}`;
}
