import type { Reporter } from '@neco/core';
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
  reporter: Reporter;
  signal: AbortSignal;
}

const nothingSchema = z.object({});

/** A follower's side of the rendezvous: it asks the coordinator, again after every loss of the connection. */
export class FollowerMeeting implements Meeting {
  readonly #options: FollowerMeetingOptions;

  constructor(options: FollowerMeetingOptions) {
    this.#options = options;
  }

  decide(): Promise<Decision> {
    return this.#ask('/decision', {}, decisionSchema);
  }

  certify(issue: Issue, requests: Record<CertificateKindName, string>): Promise<Certificates> {
    return this.#ask('/certificates', { issue, requests }, certificatesSchema);
  }

  async coordinatorPassed(phase: string, signal?: AbortSignal): Promise<void> {
    await this.#ask('/passed', { phase }, nothingSchema, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Asks until there is a result; in between the coordinator says what it waits for. */
  async #ask<T extends z.ZodType>(
    path: string,
    fields: object,
    result: T,
    signal = this.#options.signal,
  ): Promise<z.infer<T>> {
    const { client, introduction, reporter } = this.#options;
    const schema = answerSchema(result);
    for (let seen = ''; ;) {
      const body = (): unknown => ({ introduction: introduction(), seen, ...fields });
      const onState = (text: string): void => {
        reporter.state(text);
      };
      const answer = schema.parse(await retrying(client, path, body, { signal, onState })) as
        { waitingFor: string } | { result: z.infer<T> };
      if ('result' in answer) return answer.result;
      seen = answer.waitingFor;
      reporter.state(seen);
    }
  }
}
