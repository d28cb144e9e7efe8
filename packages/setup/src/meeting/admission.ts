import { isDeepStrictEqual } from 'node:util';
import { NecoError, serverName, type Reporter } from '@neco/core';
import { compareServers, preflightFailed } from '@neco/preflight';
import type { RendezvousRequest } from '@neco/rendezvous';
import type { z } from 'zod';
import type { Attendance } from './attendance.ts';
import { requestSchema, versionSchema, type Introduction } from './protocol.ts';
import type { Verdict } from './verdict.ts';

export interface AdmissionOptions {
  coordinator: number;
  cluster: string;
  lrns: readonly number[];
  attendance: Attendance;
  verdict: Verdict;
  introduction: () => Introduction;
  reporter: Reporter;
}

/** Who may ask at all: a server that was given the same as the coordinator, and that proves its key. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Meets the server behind a request.
   * @returns what every request says, and the fingerprint of the server's key
   * @throws NecoError RENDEZVOUS_REFUSED, PREFLIGHT_FAILED, KEY_MISMATCH
   */
  admit(request: RendezvousRequest): { body: z.infer<typeof requestSchema>; publicKey: string } {
    this.#refuseAnother(request);
    const body = this.#understand(request);
    this.#refuseAnotherPurpose(request, body.introduction);
    const publicKey = keyOf(request);
    this.#refuseUnlike(request, body.introduction);
    this.#options.attendance.meet(request.lrn, body.introduction, publicKey);
    return { body, publicKey };
  }

  #refuse(name: string, message: string, hint: string): never {
    this.#options.verdict.refuse(name, { message, hint });
    throw new NecoError('RENDEZVOUS_REFUSED', message, { hint });
  }

  /** A server that was given something else than this one gets nothing but the reason. */
  #refuseAnother(request: RendezvousRequest): void {
    const { cluster, lrns, coordinator } = this.#options;
    const name = nameOf(request);
    if (request.cluster !== cluster) {
      this.#refuse(
        name,
        `${name} belongs to the cluster ${JSON.stringify(request.cluster)}, the coordinator to ${JSON.stringify(cluster)}`,
        'use the same "cluster" in /etc/neco/site.yml on both, or a different setup secret for each cluster',
      );
    }
    if (!isDeepStrictEqual(request.lrns, lrns)) {
      this.#refuse(
        name,
        `${name} was given the LRNs ${request.lrns.join(' ')}, the coordinator ${lrns.join(' ')}`,
        'run the command with the same LRNs on all of them',
      );
    }
    if (!lrns.includes(request.lrn) || request.lrn === coordinator) {
      this.#refuse(
        name,
        `${name} says that it is ${serverName(request.lrn)}, which is ${request.lrn === coordinator ? 'the coordinator' : 'not in the list'}`,
        'correct "lrn" in /etc/neco/site.yml there',
      );
    }
  }

  /** A server that this one does not understand runs another version; the version itself it says in any. */
  #understand(request: RendezvousRequest): z.infer<typeof requestSchema> {
    const parsed = requestSchema.safeParse(request.body);
    if (parsed.success) return parsed.data;
    const version = versionSchema.safeParse(request.body).data?.introduction.version ?? 'of another version';
    const name = nameOf(request);
    return this.#refuse(
      name,
      `${name} runs neco ${version}, the coordinator ${this.#options.introduction().version}`,
      'install the same version of neco on all boot servers',
    );
  }

  #refuseAnotherPurpose({ lrn }: RendezvousRequest, { purpose }: Introduction): void {
    const own = this.#options.introduction().purpose;
    if (purpose === own) return;
    throw new NecoError(
      'RENDEZVOUS_REFUSED',
      `${serverName(lrn)} runs "neco ${purpose}", the coordinator "neco ${own}"`,
      { hint: 'run the same command on all of them' },
    );
  }

  /**
   * A server that comes back when all was decided is compared with the others as all were then: it may have another
   * version, address plan or clock by now. It alone is turned away; the others go on.
   */
  #refuseUnlike({ lrn, path }: RendezvousRequest, introduction: Introduction): void {
    const { attendance, verdict, reporter } = this.#options;
    const { decision } = verdict;
    if (decision === undefined) return;
    const measured = introduction.clock - Date.now();
    // Its first request tells its clock; a later one may have been held up on its way.
    const offset = path === '/decision' ? measured : (attendance.present.get(lrn)?.offset ?? measured);
    const others = [...attendance.present].filter(([other]) => other !== lrn);
    const findings = others.flatMap(([other, present]) =>
      compareServers({ ...this.#options.introduction(), setupId: decision.setupId }, [
        { lrn: other, offset: present.offset, ...present.introduction },
        { lrn, offset, ...introduction },
      ]),
    );
    if (findings.length === 0) return;
    const distinct = [...new Map(findings.map((finding) => [finding.message, finding])).values()];
    const reason = distinct.map(({ message }) => message).join('; ');
    if (attendance.turnAway(lrn, reason))
      reporter.warn(`${serverName(lrn)} came back and was rejected: ${reason}`);
    throw preflightFailed(distinct);
  }
}

/** Whoever holds the secret may say any name, but is known again by a key that is its own. */
function keyOf(request: RendezvousRequest): string {
  if (request.publicKey !== undefined) return request.publicKey;
  throw new NecoError(
    'RENDEZVOUS_REFUSED',
    `${nameOf(request)} does not prove that it owns the key that it presents`,
    { hint: 'install the same version of neco on all boot servers' },
  );
}

function nameOf({ lrn, remoteAddress }: RendezvousRequest): string {
  return `${serverName(lrn)} at ${remoteAddress}`;
}
