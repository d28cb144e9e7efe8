import type { NecoError, Reporter } from '@neco/core';
import * as z from 'zod';
import type { CertificateKindName } from '@neco/cluster-access';
import { type RendezvousClient, retrying } from '@neco/rendezvous';
import type { Meeting } from './meeting.ts';
import {
  answerSchema,
  certificatesSchema,
  decisionSchema,
  type Certificates,
  type Decision,
  type Introduction,
  type Issue,
} from './protocol.ts';

export interface FollowerMeetingOptions {
  client: RendezvousClient;
  introduction: () => Introduction;
  /** The title of a phase, by its id. */
  titleOf: (phase: string) => string;
  reporter: Reporter;
  signal: AbortSignal;
}

/** How long a server that failed tries to tell the coordinator so, in ms. */
const patienceForFailure = 2000;

const nothingSchema = z.object({});

/** A follower's side of the rendezvous: it asks the coordinator, again after every loss of the connection. */
export class FollowerMeeting implements Meeting {
  readonly #options: FollowerMeetingOptions;

  constructor(options: FollowerMeetingOptions) {
    this.#options = options;
  }

  decide(): Promise<Decision> {
    return this.#ask('/decision', {}, decisionSchema, 'and the other boot servers');
  }

  certify(issue: Issue, requests: Record<CertificateKindName, string>): Promise<Certificates> {
    const what = `to have the ${issue} certificates of this server signed`;
    return this.#ask('/certificates', { issue, requests }, certificatesSchema, what);
  }

  async coordinatorPassed(phase: string, signal?: AbortSignal): Promise<void> {
    const what = `to complete "${this.#options.titleOf(phase)}"`;
    await this.#ask('/passed', { phase }, nothingSchema, what, signal);
  }

  async fail(error: NecoError): Promise<void> {
    const { client, introduction, signal } = this.#options;
    // One that was stopped, or whose coordinator is there no more, has nothing to say or nobody to say it to.
    if (error.code === 'CANCELLED' || signal.aborted) return;
    const body = { introduction: introduction(), seen: '', message: error.message };
    await client.request('/failed', body, { timeout: patienceForFailure }).catch(() => undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Asks until there is a result; in between the coordinator says what it waits for.
   * @param what what is expected of the coordinator, as in "waiting for boot-0 at 10.0.0.1 <what>"
   */
  async #ask<T extends z.ZodType>(
    path: string,
    fields: object,
    result: T,
    what: string,
    signal = this.#options.signal,
  ): Promise<z.infer<T>> {
    const { client, introduction, reporter } = this.#options;
    const schema = answerSchema(result);
    const { name, address } = client.coordinator;
    for (let seen = ''; ;) {
      const body = (): unknown => ({ introduction: introduction(), seen, ...fields });
      const onState = (text: string): void => {
        reporter.state(text);
      };
      const waiting = { what: `${name} at ${address} ${what}`, ...(seen === '' ? {} : { seen }) };
      const answer = schema.parse(await retrying(client, path, body, { ...waiting, signal, onState })) as
        { waitingFor: string } | { result: z.infer<T> };
      if ('result' in answer) return answer.result;
      seen = answer.waitingFor;
      reporter.state(seen);
    }
  }
}
