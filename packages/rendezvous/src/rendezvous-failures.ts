import { NecoError } from '@neco/core';

/** The server that the others meet at during setup. */
export interface Coordinator {
  name: string;
  address: string;
  port: number;
}

const startIt = ({ name }: Coordinator): string =>
  `start "neco setup" on ${name} with the same LRNs; the order does not matter`;

const networkStates: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: "neco setup" is not waiting there (yet)',
  ECONNRESET: 'reset the connection',
  EPIPE: 'reset the connection',
  ETIMEDOUT: 'did not answer: the server or the network is down',
  EHOSTUNREACH: 'cannot be reached: the server or the network is down',
  ENETUNREACH: 'cannot be reached: this server has no route there',
  EADDRNOTAVAIL: 'cannot be reached: this server has no address for it',
};

/** The TLS alerts with which a server answers a pre-shared key that it does not know. */
const refusals =
  /ALERT_(DECRYPT_ERROR|HANDSHAKE_FAILURE|ILLEGAL_PARAMETER|UNKNOWN_PSK_IDENTITY)|BINDER|BAD_PSK|DIGEST_CHECK_FAILED/;
const notTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH|UNEXPECTED_MESSAGE|HTTP_REQUEST|RECORD/;

/** What can go wrong between a boot server and the coordinator, each with what to do. */
export const rendezvousFailures = {
  /** @param error none when the other side just ended the connection. */
  ofHandshake(coordinator: Coordinator, error?: NodeJS.ErrnoException): NecoError {
    const code = error?.code ?? '';
    if (error instanceof NecoError || /CERT|SIGNATURE|ISSUER/.test(code))
      return this.certificate(coordinator);
    if (refusals.test(code)) return this.refused(coordinator);
    if (code.startsWith('ERR_SSL'))
      return this.stranger(coordinator, notTls.test(code) ? 'the process there does not speak TLS' : code);
    return unreachable(
      coordinator,
      networkStates[code === '' ? 'ECONNRESET' : code] ?? `cannot be reached (${code})`,
    );
  },

  refused(coordinator: Coordinator): NecoError {
    return new NecoError('RENDEZVOUS_REFUSED', `${at(coordinator)} does not know this setup secret`, {
      hint: `run "neco setup" on this server again with the setup secret that ${coordinator.name} shows`,
    });
  },

  certificate(coordinator: Coordinator): NecoError {
    return this.stranger(coordinator, 'it presents a certificate instead of the setup secret');
  },

  stranger(coordinator: Coordinator, what: string): NecoError {
    return new NecoError(
      'RENDEZVOUS_REFUSED',
      `what answers at ${coordinator.address}:${String(coordinator.port)} is not "neco setup" on ${coordinator.name}: ${what}`,
      {
        hint: `find out what listens there (on ${coordinator.name}: ss -tlnp 'sport = :${String(coordinator.port)}'), and check addresses and ports.rendezvous in site.yml`,
      },
    );
  },

  silent(coordinator: Coordinator, connected: boolean): NecoError {
    return unreachable(
      coordinator,
      connected
        ? 'accepted the connection but did not answer'
        : 'did not answer: the server or the network is down',
    );
  },

  fellSilent(coordinator: Coordinator): NecoError {
    return unreachable(coordinator, 'stopped answering during a request: the server or the network is down');
  },

  brokeOff(coordinator: Coordinator, cause: unknown): NecoError {
    return unreachable(
      coordinator,
      'closed the connection during a request: "neco setup" was stopped there, or the rendezvous is closed',
      cause,
    );
  },

  timeout(coordinator: Coordinator, path: string, milliseconds: number): NecoError {
    return new NecoError(
      'TIMEOUT',
      `${at(coordinator)} did not answer ${path} within ${String(milliseconds / 1000)} s`,
      {
        hint: `look at what "neco setup" says on ${coordinator.name}`,
        retryable: true,
      },
    );
  },

  tooLarge(path: string): NecoError {
    return new NecoError('INTERNAL', `the request of this server to ${path} is too large`, {
      hint: 'install the same version of neco on all boot servers; if they have it, report this as a bug in neco',
    });
  },

  cancelled(coordinator: Coordinator, path: string): NecoError {
    return new NecoError(
      'CANCELLED',
      `stopped while waiting for the answer of ${coordinator.name} to ${path}`,
    );
  },
};

function at({ name, address }: Coordinator): string {
  return `${name} at ${address}`;
}

function unreachable(coordinator: Coordinator, state: string, cause?: unknown): NecoError {
  return new NecoError('RENDEZVOUS_UNREACHABLE', `${at(coordinator)} ${state}`, {
    hint: startIt(coordinator),
    retryable: true,
    cause,
  });
}
