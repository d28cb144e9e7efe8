import { messageOf, NecoError, type ErrorCode } from '@neco/core';

export interface EtcdCallPlace {
  /** What was asked for, as in "cannot <action>". */
  action: string;
  endpoint: string;
  /** The deadline of the call in milliseconds. */
  timeout: number;
}

interface Rule {
  pattern: RegExp;
  code: ErrorCode;
  retryable: boolean;
  hint: string;
  /** Replaces a message of gRPC that does not help. */
  say?: (place: EtcdCallPlace) => string;
}

/** Read from top to bottom; the first match wins. The texts are etcd's (api/v3rpc/rpctypes/error.go), Node's and gRPC's. */
const rules: readonly Rule[] = [
  {
    pattern: /etcdserver: permission denied|PERMISSION_DENIED/,
    code: 'ETCD_PERMISSION_DENIED',
    retryable: false,
    hint: 'etcd knows the user by the CN of its client certificate: compare that user\'s roles with "etcdctl user get"',
  },
  {
    pattern:
      /user name is empty|user name not found|invalid auth token|authentication failed|UNAUTHENTICATED/,
    code: 'ETCD_UNAUTHENTICATED',
    retryable: false,
    hint: 'etcd wants a log-in: give a client certificate whose CN is an etcd user (tls-cert-file, tls-key-file)',
  },
  {
    pattern: /alert|ECONNRESET.*TLS|bad certificate|certificate required/i,
    code: 'ETCD_UNAUTHENTICATED',
    retryable: false,
    hint: 'etcd refuses the client certificate: it must be of the etcd client CA, for clients, not revoked, and valid now by both clocks',
  },
  {
    pattern:
      /certificate|self.signed|altnames|unable to get.*issuer|wrong version number|packet length too long/i,
    code: 'CERTIFICATE_INVALID',
    retryable: false,
    hint: 'the certificate that the member shows must be of the CA in tls-ca-file, name this address, and be valid now; on a boot server "neco status" says how one that has expired is replaced',
  },
  {
    pattern: /no leader|leader changed|not leader|leader failure|request timed out|server stopped/,
    code: 'ETCD_NO_LEADER',
    retryable: true,
    hint: 'more than half of the members must run and reach each other',
  },
  {
    pattern: /unhealthy cluster|not enough started members/,
    code: 'ETCD_CONFLICT',
    retryable: true,
    hint: 'all members must be healthy, and some seconds must have passed since the last change of members',
  },
  {
    pattern: /in sync with leader|revision of auth store is old|too many requests|not supported for learner/,
    code: 'ETCD_CONFLICT',
    retryable: true,
    hint: 'try again in a moment',
  },
  {
    pattern: /already exist|too many learner|member not found|only promote a learner|bad leader transferee/i,
    code: 'ETCD_CONFLICT',
    retryable: false,
    hint: 'look at "etcdctl member list"',
  },
  {
    pattern: /database space exceeded/,
    code: 'ETCD_FAILED',
    retryable: false,
    hint: 'etcd is full (alarm NOSPACE); on a boot server, run: neco etcd recover-space',
  },
  {
    pattern: /corrupt cluster/,
    code: 'ETCD_FAILED',
    retryable: false,
    hint: 'the data of the members differs (alarm CORRUPT); on a boot server, run: neco etcd remove-corrupt',
  },
  {
    pattern: /DEADLINE_EXCEEDED|deadline exceeded/i,
    code: 'ETCD_UNREACHABLE',
    retryable: true,
    hint: 'check that etcd runs there, that the network lets it answer, and that more than half of the members run',
    say: ({ timeout }) => `no answer within ${String(timeout / 1000)} s`,
  },
  {
    pattern: /Last error: null/,
    code: 'ETCD_UNREACHABLE',
    retryable: true,
    hint: 'check that etcd runs there ("systemctl status etcd") and that the address is right',
    say: () => 'the connection to it has just failed',
  },
  {
    // How gRPC for Node reports an answer that ends before its trailers: an etcd that stops in the middle of one.
    pattern: /Received HTTP status code 200/,
    code: 'ETCD_UNREACHABLE',
    retryable: true,
    hint: 'check that etcd runs there ("systemctl status etcd")',
    say: () => 'etcd ended the connection in the middle of its answer',
  },
  {
    pattern: /Failed to connect/,
    code: 'ETCD_UNREACHABLE',
    retryable: true,
    hint: 'etcd silently drops connections it rejects (a revoked client certificate, a revocation list that is not DER, http instead of https): read its log there (journalctl -u etcd)',
    say: () => 'the connection was closed before etcd answered',
  },
  {
    pattern:
      /UNAVAILABLE|ECONNREFUSED|ECONNRESET|CANCELLED|EHOSTUNREACH|ENETUNREACH|not connected|stream.*ended|RST_STREAM/,
    code: 'ETCD_UNREACHABLE',
    retryable: true,
    hint: 'check that etcd runs there ("systemctl status etcd") and that the address is right',
  },
];

const unknown: Omit<Rule, 'pattern'> = {
  code: 'ETCD_FAILED',
  retryable: false,
  hint: "read etcd's log (journalctl -u etcd)",
};

/**
 * Whether gRPC does not tell why there is no connection: it failed for another call that shares it. Whoever asks again
 * a moment later gets the reason.
 */
export function isWithoutReason(thrown: unknown): boolean {
  return messageOf(thrown).includes('Last error: null');
}

/** The one place that turns the errors of etcd3, gRPC and etcd into ours: a code, the endpoint, and whether to retry. */
export function classifyEtcdError(thrown: unknown, place: EtcdCallPlace): NecoError {
  if (thrown instanceof NecoError) return thrown;
  const text = messageOf(thrown);
  const rule = rules.find(({ pattern }) => pattern.test(text)) ?? unknown;
  const said = rule.say?.(place) ?? plain(text);
  return new NecoError(rule.code, `cannot ${place.action} at etcd ${place.endpoint}: ${said}`, {
    hint: rule.hint,
    retryable: rule.retryable,
    cause: thrown,
  });
}

/** Removes what gRPC wraps around the message: `14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED …`. */
function plain(text: string): string {
  return text
    .replace(/^(\w*Error: )?\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/^Error \[\w+\]: /, '')
    .replace(/^etcdserver: /, '')
    .replace(/\s*\([0-9T:.-]+Z\).*$/s, '')
    .replace(/\. Resolution note:.*$/s, '')
    .replace(/[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):.*$/s, '$1');
}
