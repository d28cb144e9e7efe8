import { NecoError, type ErrorCode } from '@neco/core';
import * as z from 'zod';

const answer = z.object({ response: z.object({ statusCode: z.number(), body: z.unknown() }) });
const errors = z.object({ errors: z.array(z.string()) });

/** Which Vault was asked to do what, for the message; `hide` are the secrets of the call. */
export interface FailedCall {
  address: string;
  path: string;
  /** As in "could not <what>". */
  what: string;
  hide: readonly string[];
  /** Milliseconds. */
  timeout: number | undefined;
  /** How long it took to fail, in ms. */
  took: number;
}

/** Whether Vault itself answered, and with which status. */
export function statusOf(thrown: unknown): number | undefined {
  const parsed = answer.safeParse(thrown);
  return parsed.success ? parsed.data.response.statusCode : undefined;
}

/** Vault's own message in its answer, on one line, without the secrets of the call. */
export function saidBy(thrown: unknown, hide: readonly string[] = []): string {
  const parsed = answer.safeParse(thrown);
  if (!parsed.success) return '';
  const { body, statusCode } = parsed.data.response;
  const said = errors.safeParse(body);
  const lines = said.success ? said.data.errors.map(oneLine).filter((line) => line !== '') : [];
  return redact(lines.length === 0 ? `status ${String(statusCode)}` : lines.join('; '), hide);
}

/**
 * Turns what a call to Vault threw into a NecoError that contains nothing of the request, neither token nor body. Its code
 * distinguishes the cases that callers handle differently, not each of Vault's messages.
 *
 * https://developer.hashicorp.com/vault/api-docs#http-status-codes
 */
export function classifyError(thrown: unknown, call: FailedCall): NecoError {
  const status = statusOf(thrown);
  return status === undefined
    ? withoutAnswer(thrown, call)
    : withAnswer(status, saidBy(thrown, call.hide), call);
}

function withAnswer(status: number, message: string, call: FailedCall): NecoError {
  const kind = kindOf(status, message, call);
  const { code, hint, retryable, said = message } = kind;
  const Class = kind === tooMany ? TooManyLogIns : NecoError;
  return new Class(code, `Vault at ${call.address} could not ${call.what}: ${said}`, { hint, retryable });
}

interface Kind {
  code: ErrorCode;
  hint: string;
  retryable: boolean;
  /** What stands in place of Vault's message, where that misleads. */
  said?: string;
}

function kindOf(status: number, message: string, { path, took }: FailedCall): Kind {
  if (/not (yet )?(been )?initialized/i.test(message)) return uninitialized;
  if (message.includes('barrier reports initialized but no seal configuration')) return halfInitialized;
  if (/vault is sealed/i.test(message)) {
    return {
      code: 'VAULT_SEALED',
      hint: 'unseal it with "vault operator unseal", or let neco-updater do it',
      retryable: true,
    };
  }
  if (path.startsWith('auth/userpass/login/') && status === 429) return tooMany;
  if (/^auth\/[^/]+\/login/.test(path) && (status === 400 || status === 403))
    return took < storageLimit ? refusedLogIn(status, message, path) : uncheckedLogIn;
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
    retryable: status >= 500 || status === 429 || status === 307 || storageFailed.test(message),
  };
}

/**
 * Vault answers 400 to a wrong name or password, without saying which, and to a certificate that the role does not accept. It
 * answers 403 to a user whose password it does not even look at, because the user is locked.
 * https://developer.hashicorp.com/vault/docs/concepts/user-lockout
 * https://github.com/hashicorp/vault/blob/v1.21.1/vault/request_handling.go#L1645
 */
function refusedLogIn(status: number, message: string, path: string): Kind {
  const isUser = path.startsWith('auth/userpass/');
  if (isUser && status === 403) {
    return {
      code: 'LOGIN_BLOCKED',
      said: 'permission denied; most likely the user is locked',
      hint: 'where Vault locks users, it does so for 15 minutes after five wrong passwords in a row: wait, or have an administrator unlock it with "vault write -force sys/locked-users/ACCESSOR/unlock/NAME"',
      retryable: false,
    };
  }
  if (isUser && message.includes('invalid username or password')) {
    return {
      code: 'LOGIN_REFUSED',
      said: 'no such user, or a wrong password',
      hint: 'check both; Vault does not say which of the two it is',
      retryable: false,
    };
  }
  return {
    code: 'VAULT_PERMISSION_DENIED',
    hint: isUser
      ? 'check that the user may log in by password'
      : 'check the certificate used to log in, and the role of auth/cert that should accept it',
    retryable: false,
  };
}

/** https://developer.hashicorp.com/vault/docs/concepts/resource-quotas */
const tooMany = {
  code: 'LOGIN_BLOCKED',
  said: 'too many log-ins by password came from this address',
  hint: 'wait a minute, or log in from another boot server; find out who tries passwords here: grep auth/userpass/login /var/log/vault/audit.log on the active Vault',
  retryable: false,
} as const;

/** Vault refused a log-in because of how many came from the address, whoever logs in. */
export class TooManyLogIns extends NecoError {}

/**
 * How long Vault waits for its storage, etcd, in ms.
 * https://github.com/hashicorp/vault/blob/v1.21.1/physical/etcd/etcd3.go (etcd3RequestTimeout)
 */
const storageLimit = 5000;

/**
 * Where Vault cannot read a user or a certificate role in time, it gives the same answer as for a wrong password or certificate.
 * https://github.com/hashicorp/vault/blob/v1.21.1/builtin/credential/userpass/path_login.go (userError)
 * https://github.com/hashicorp/vault/blob/v1.21.1/builtin/credential/cert/path_login.go (loadTrustedCerts)
 */
const uncheckedLogIn = {
  code: 'VAULT_FAILED',
  said: 'its storage, etcd, did not answer in time, so nothing was checked',
  hint: 'run "neco status" to see which members of etcd do not answer',
  retryable: true,
} as const;

/** What etcd's client reports when a member fails during a call; `sys/init` returns it with the status of a bad request. */
const storageFailed =
  /rpc error: code = (Unavailable|DeadlineExceeded)|etcdserver: |context deadline exceeded/;

const uninitialized = { code: 'VAULT_UNINITIALIZED', hint: 'run "neco setup"', retryable: true } as const;

/**
 * Vault writes its seal configuration last. Where its storage failed before that, it reports this from then on, and its keys
 * are lost. While another Vault of the cluster initialises, it reports the same for a moment.
 * https://github.com/hashicorp/vault/blob/v1.21.1/vault/init.go#L117
 */
const halfInitialized = {
  code: 'VAULT_HALF_INITIALIZED',
  hint: 'its initialisation was interrupted and its keys are lost; it holds nothing: run "neco setup" again, which initialises it again',
  retryable: true,
} as const;

/** The error of a call to a Vault that says it is sealed because it was never initialised. */
export function uninitializedError(call: FailedCall): NecoError {
  return new NecoError(
    uninitialized.code,
    `Vault at ${call.address} could not ${call.what}: it is not initialized`,
    uninitialized,
  );
}

/**
 * Vault refuses all but a few requests while it can write to none of its audit devices, and answers that there was an
 * internal error. It goes on by itself once one device takes the next record.
 * https://developer.hashicorp.com/vault/docs/audit#blocked-audit-devices
 */
export function auditFailedError({ address, what }: FailedCall): NecoError {
  return new NecoError(
    'VAULT_AUDIT_FAILED',
    `Vault at ${address} could not ${what}: the active Vault can write to none of its audit devices`,
    {
      hint: 'run "neco status", which names the server and the device; on that server: df -h /var/log/vault; df -i /var/log/vault; systemctl status systemd-journald',
    },
  );
}

const untrusted = /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_TLS_CERT)/;

function withoutAnswer(thrown: unknown, { address, what, hide, timeout = 10_000 }: FailedCall): NecoError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason = redact(reasonOf(error, errno, timeout), hide);
  // The original may contain the request; only a copy of its text is passed on.
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
    ENOTFOUND: 'its name cannot be resolved',
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
