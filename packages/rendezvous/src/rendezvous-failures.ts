import { NecoError } from '@neco/core';

/** The server that the others meet at during setup. */
export interface Leader {
  name: string;
  address: string;
  port: number;
}

const startIt = ({ name }: Leader): string =>
  `start "neco setup" on ${name} with the same LRNs; the order does not matter`;

const networkStates: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: "neco setup" is not waiting there (yet)',
  ECONNRESET: 'reset the connection',
  EPIPE: 'reset the connection',
  ETIMEDOUT: 'did not answer: the server is down or the network between is cut',
  EHOSTUNREACH: 'cannot be reached: the server is down or the network between is cut',
  ENETUNREACH: 'cannot be reached: this server has no route there',
  EADDRNOTAVAIL: 'cannot be reached: this server has no address for it',
};

/** The TLS alerts with which a server answers a pre-shared key that it does not know. */
const refusals =
  /ALERT_(DECRYPT_ERROR|HANDSHAKE_FAILURE|ILLEGAL_PARAMETER|UNKNOWN_PSK_IDENTITY)|BINDER|BAD_PSK|DIGEST_CHECK_FAILED/;
const notTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH|UNEXPECTED_MESSAGE|HTTP_REQUEST|RECORD/;

/** What can go wrong between a boot server and the leader, each with what to do. */
export const rendezvousFailures = {
  /** @param error none when the other side just ended the connection. */
  ofHandshake(leader: Leader, error?: NodeJS.ErrnoException): NecoError {
    const code = error?.code ?? '';
    if (error instanceof NecoError || /CERT|SIGNATURE|ISSUER/.test(code)) return this.certificate(leader);
    if (refusals.test(code)) return this.refused(leader);
    if (code.startsWith('ERR_SSL'))
      return this.stranger(leader, notTls.test(code) ? 'what listens there does not speak TLS' : code);
    return unreachable(
      leader,
      networkStates[code === '' ? 'ECONNRESET' : code] ?? `cannot be reached (${code})`,
    );
  },

  refused(leader: Leader): NecoError {
    return new NecoError('RENDEZVOUS_REFUSED', `${at(leader)} does not know this setup secret`, {
      hint: `run "neco setup" on this server again with the setup secret that ${leader.name} shows`,
    });
  },

  certificate(leader: Leader): NecoError {
    return this.stranger(leader, 'it shows a certificate in place of the setup secret');
  },

  stranger(leader: Leader, what: string): NecoError {
    return new NecoError(
      'RENDEZVOUS_REFUSED',
      `what answers at ${leader.address}:${String(leader.port)} is not "neco setup" on ${leader.name}: ${what}`,
      {
        hint: `find out what listens there (on ${leader.name}: ss -tlnp 'sport = :${String(leader.port)}'), and check addresses and ports.rendezvous in site.yml`,
      },
    );
  },

  silent(leader: Leader, connected: boolean): NecoError {
    return unreachable(
      leader,
      connected
        ? 'accepted the connection and then said nothing'
        : 'did not answer: the server is down or the network between is cut',
    );
  },

  fellSilent(leader: Leader): NecoError {
    return unreachable(
      leader,
      'fell silent in the middle of a request: the server is down or the network between is cut',
    );
  },

  brokeOff(leader: Leader, cause: unknown): NecoError {
    return unreachable(
      leader,
      'broke off in the middle of a request: "neco setup" was stopped there, or the rendezvous is over',
      cause,
    );
  },

  timeout(leader: Leader, path: string, milliseconds: number): NecoError {
    return new NecoError(
      'TIMEOUT',
      `${at(leader)} did not answer ${path} within ${String(milliseconds / 1000)} s`,
      {
        hint: `look at what "neco setup" says on ${leader.name}`,
        retryable: true,
      },
    );
  },

  tooLarge(path: string): NecoError {
    return new NecoError('INTERNAL', `what this server has to say to ${path} is too large`, {
      hint: 'install the same version of neco on all boot servers; if they have it, report this as a fault of neco',
    });
  },

  cancelled(leader: Leader, path: string): NecoError {
    return new NecoError('CANCELLED', `stopped while waiting for the answer of ${leader.name} to ${path}`);
  },
};

function at({ name, address }: Leader): string {
  return `${name} at ${address}`;
}

function unreachable(leader: Leader, state: string, cause?: unknown): NecoError {
  return new NecoError('RENDEZVOUS_UNREACHABLE', `${at(leader)} ${state}`, {
    hint: startIt(leader),
    retryable: true,
    cause,
  });
}
