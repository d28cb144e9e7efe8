import { NecoError, type ErrorCode } from '@neco/core';
import * as z from 'zod';

const answer = z.object({ response: z.object({ statusCode: z.number(), body: z.unknown() }) });
const errors = z.object({ errors: z.array(z.string()) });

/** What was asked of which Vault, for the message; `hide` are the secrets of the call. */
export interface FailedCall {
  address: string;
  path: string;
  /** As in "could not <what>". */
  what: string;
  hide: readonly string[];
  /** Milliseconds. */
  timeout: number | undefined;
}

/** Whether Vault itself answered, and with which status. */
export function statusOf(thrown: unknown): number | undefined {
  const parsed = answer.safeParse(thrown);
  return parsed.success ? parsed.data.response.statusCode : undefined;
}

/** What Vault itself says in its answer, on one line, without the secrets of the call. */
export function saidBy(thrown: unknown, hide: readonly string[] = []): string {
  const parsed = answer.safeParse(thrown);
  if (!parsed.success) return '';
  const { body, statusCode } = parsed.data.response;
  const said = errors.safeParse(body);
  const lines = said.success ? said.data.errors.map(oneLine).filter((line) => line !== '') : [];
  return redact(lines.length === 0 ? `status ${String(statusCode)}` : lines.join('; '), hide);
}

/**
 * Gives what a call to Vault threw as a NecoError that holds nothing of the request: neither token nor body. What is
 * told apart are the cases in which the caller does different things, not each of Vault's messages.
 *
 * https://developer.hashicorp.com/vault/api-docs#http-status-codes
 */
export function classifyError(thrown: unknown, call: FailedCall): NecoError {
  const status = statusOf(thrown);
  return status === undefined
    ? withoutAnswer(thrown, call)
    : withAnswer(status, saidBy(thrown, call.hide), call);
}

function withAnswer(status: number, said: string, call: FailedCall): NecoError {
  const { code, hint, retryable } = kindOf(status, said, call.path);
  return new NecoError(code, `Vault at ${call.address} could not ${call.what}: ${said}`, { hint, retryable });
}

function kindOf(
  status: number,
  said: string,
  path: string,
): { code: ErrorCode; hint: string; retryable: boolean } {
  if (/not (yet )?(been )?initialized/i.test(said)) return uninitialized;
  if (said.includes('barrier reports initialized but no seal configuration')) return halfInitialized;
  if (/vault is sealed/i.test(said)) {
    return {
      code: 'VAULT_SEALED',
      hint: 'unseal it with "vault operator unseal", or let neco-updater do it',
      retryable: true,
    };
  }
  // A log-in that is refused has no status of its own.
  if (status === 400 && /^auth\/[^/]+\/login/.test(path)) {
    return {
      code: 'VAULT_PERMISSION_DENIED',
      hint: 'check the name and the password or certificate used to log in',
      retryable: false,
    };
  }
  if (status === 403 || status === 401) {
    return {
      code: 'VAULT_PERMISSION_DENIED',
      hint: 'log in again, or as someone whose policies allow this',
      retryable: false,
    };
  }
  return {
    code: 'VAULT_FAILED',
    hint: 'Vault\'s own log says more: "journalctl -u vault"',
    retryable: status >= 500 || status === 429 || status === 307 || storageFailed.test(said),
  };
}

/** What etcd's client says when a member is lost in the middle of a call; `sys/init` gives it the status of a bad request. */
const storageFailed =
  /rpc error: code = (Unavailable|DeadlineExceeded)|etcdserver: |context deadline exceeded/;

const uninitialized = { code: 'VAULT_UNINITIALIZED', hint: 'run "neco setup"', retryable: true } as const;

/**
 * Vault writes the configuration of its seal last. One whose storage failed it in between says so from then on, and nobody has its
 * keys; so does for a moment one that another is just initialising.
 * https://github.com/hashicorp/vault/blob/v1.21.1/vault/init.go#L117
 */
const halfInitialized = {
  code: 'VAULT_HALF_INITIALIZED',
  hint: 'its initialisation was cut short, and nobody has its keys: run "neco setup" again, which begins it anew',
  retryable: true,
} as const;

/** The error of a call to a Vault that says it is sealed only because it was never initialised. */
export function uninitializedError(call: FailedCall): NecoError {
  return new NecoError(
    uninitialized.code,
    `Vault at ${call.address} could not ${call.what}: it is not initialized`,
    uninitialized,
  );
}

const untrusted = /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_TLS_CERT)/;

function withoutAnswer(thrown: unknown, { address, what, hide, timeout = 10_000 }: FailedCall): NecoError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason = redact(reasonOf(error, errno, timeout), hide);
  // The original may hold the request; a copy of its text is all that goes on.
  const cause = new Error(errno === '' || reason.includes(errno) ? reason : `${reason} (${errno})`);
  if (untrusted.test(errno)) {
    return new NecoError(
      'CERTIFICATE_INVALID',
      `Vault at ${address} shows a certificate that is not trusted: ${reason}`,
      {
        hint: 'check its certificate with "openssl s_client", and that the CA used here is the one that signed it',
        cause,
      },
    );
  }
  return new NecoError(
    'VAULT_UNREACHABLE',
    `Vault at ${address} could not be reached to ${what}: ${reason}`,
    {
      hint: 'check that vault.service runs there and that nothing in between drops the connection',
      retryable: true,
      cause,
    },
  );
}

function reasonOf(error: Error, errno: string, timeout: number): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `no answer within ${String(timeout / 1000)} s`;
  const known: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection cut',
    EHOSTUNREACH: 'no route to the host',
    ENETUNREACH: 'no route to its network',
    ETIMEDOUT: 'no answer to the connection',
    ENOTFOUND: 'its name is not known',
  };
  return known[errno] ?? oneLine(error.message);
}

function oneLine(text: string): string {
  return text
    .replace(/^\d+ errors? occurred:/, '')
    .replace(/\s*\n\s*\*\s*/g, '; ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s;]+|[\s;]+$/g, '');
}

function redact(text: string, hide: readonly string[]): string {
  return hide
    .filter((secret) => secret !== '')
    .reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}
