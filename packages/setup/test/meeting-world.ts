import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Reporter, Secret } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { freePorts } from '@neco/test-harness';
import { createKey } from '@neco/vault-pki';
import {
  channelBinding,
  connectRendezvous,
  createSetupSecret,
  formatRendezvousIdentity,
  type KeyProof,
  type RendezvousClientOptions,
  rendezvousWire,
  setupKey,
} from '@neco/rendezvous';
import { CoordinatorMeeting, type CoordinatorMeetingOptions } from '../src/meeting/coordinator-meeting.ts';
import { CoordinatorState } from '../src/meeting/coordinator-state.ts';
import { revokeLostCertificates } from '../src/phases/certificates/revoke-lost-certificates.ts';
import type { Introduction } from '../src/meeting/protocol.ts';

const lrns = [0, 1, 2];
const plan = { 0: '10.0.0.0', 1: '10.0.0.1', 2: '10.0.0.2' };

/** The coordinator of a setup on loopback, and servers that come to it with whatever a test has them say. */
export class MeetingWorld implements AsyncDisposable {
  readonly coordinator: CoordinatorMeeting;
  readonly warnings: string[];
  readonly secret: Secret;
  readonly port: number;
  readonly #keys = new Map<number, Secret>();

  private constructor(coordinator: CoordinatorMeeting, secret: Secret, port: number, warnings: string[]) {
    this.coordinator = coordinator;
    this.secret = secret;
    this.port = port;
    this.warnings = warnings;
  }

  static async start(more: Partial<CoordinatorMeetingOptions> = {}): Promise<MeetingWorld> {
    const secret = createSetupSecret();
    const seal = { secret, cluster: 'prod', lrns };
    const warnings: string[] = [];
    const [port = 0] = await freePorts(1);
    const coordinator = await CoordinatorMeeting.open({
      lrn: 0,
      lrns,
      address: '127.0.0.1',
      port,
      seal,
      introduction: () => introductionOf(0),
      state: await CoordinatorState.load(readOnlyHost(), seal),
      save: () => Promise.resolve(),
      acceptKeys: new Map(),
      settle: () =>
        Promise.resolve({ setupId: 'a', startedAt: new Date().toISOString(), etcdState: 'new' as const }),
      signer: () => Promise.resolve(undefined),
      titleOf: (phase) => phase,
      signs: (_, hasCompleted) => hasCompleted(revokeLostCertificates.id),
      reporter: silent(warnings),
      signal: AbortSignal.timeout(30_000),
      ...more,
    });
    return new MeetingWorld(coordinator, secret, port, warnings);
  }

  /** All three are there and go on. */
  async decide(): Promise<void> {
    await Promise.all([this.coordinator.decide(), this.ask(1), this.ask(2)]);
  }

  /** What a server asks for, as it is on the wire. @param more what it says otherwise than it should. */
  async ask(
    lrn: number,
    more: Partial<Introduction> = {},
    { path = '/decision', fields = {}, timeout = 5000, proves = true, ...client }: AskOptions = {},
  ): Promise<unknown> {
    const key = this.#keys.get(lrn) ?? (await createKey());
    this.#keys.set(lrn, key);
    const identity = proves ? { identity: key } : {};
    const options = {
      address: '127.0.0.1',
      port: this.port,
      coordinatorName: 'boot-0',
      secret: this.secret,
    };
    const rendezvous = connectRendezvous({ ...options, cluster: 'prod', lrns, lrn, ...identity, ...client });
    for (let seen = ''; ;) {
      const body = () => ({ introduction: introductionOf(lrn, more), seen, ...fields });
      const answer = (await rendezvous.request(path, body, { timeout })) as Answer;
      if ('result' in answer) return answer.result;
      seen = answer.waitingFor;
    }
  }

  /** The key that this server showed last. */
  keyOf(lrn: number): Secret {
    const key = this.#keys.get(lrn);
    if (key === undefined) throw new Error(`boot-${String(lrn)} has not come yet`);
    return key;
  }

  /** From now on this server shows another key. */
  forgetKey(lrn: number): void {
    this.#keys.delete(lrn);
  }

  /** The answer, as text, to a request of boot-1 with this proof. @param proof is given the binding of its connection. */
  async send(proof: (binding: Buffer) => KeyProof): Promise<string> {
    const socket = await this.#connect();
    const session = connectHttp2('https://boot-0', { createConnection: () => socket });
    try {
      const stream = session.request({ ':method': 'POST', ':path': '/passed' });
      const body = { introduction: introductionOf(1), seen: '', phase: 'none' };
      stream.end(JSON.stringify({ body, proof: proof(channelBinding(socket)) }));
      return await text(stream);
    } finally {
      session.destroy();
      socket.destroy();
    }
  }

  /** The binding of a connection that is not used for anything else. */
  async bindingElsewhere(): Promise<Buffer> {
    const socket = await this.#connect();
    const binding = channelBinding(socket);
    socket.destroy();
    return binding;
  }

  async #connect(): Promise<TLSSocket> {
    const psk = setupKey(this.secret, 'prod', lrns, 'rendezvous psk');
    const identity = formatRendezvousIdentity({ lrn: 1, cluster: 'prod', lrns });
    const socket = connectTls({
      host: '127.0.0.1',
      port: this.port,
      ...rendezvousWire.tls,
      ALPNProtocols: [rendezvousWire.protocol],
      pskCallback: () => ({ psk, identity }),
      checkServerIdentity: () => undefined,
    });
    await once(socket, 'secureConnect');
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.coordinator.close();
  }
}

interface AskOptions extends Partial<RendezvousClientOptions> {
  path?: string;
  fields?: object;
  /** In milliseconds. */
  timeout?: number;
  /** Whether it proves that the key that it shows is its own. */
  proves?: boolean;
}

type Answer = { result: unknown } | { waitingFor: string };

/** What a server says of itself. */
export function introductionOf(lrn: number, more: Partial<Introduction> = {}): Introduction {
  return {
    purpose: 'setup',
    version: '1.0.0',
    prefix: '/neco/',
    clock: Date.now(),
    machineId: `machine-${String(lrn)}`,
    address: `10.0.0.${String(lrn)}`,
    plan,
    findings: [],
    hasEtcdData: false,
    passed: [],
    ...more,
  };
}

function silent(warnings: string[]): Reporter {
  return {
    phase: () => undefined,
    state: () => undefined,
    info: () => undefined,
    warn: (text) => warnings.push(text),
  };
}
