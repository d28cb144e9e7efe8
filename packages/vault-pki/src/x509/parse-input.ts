import { messageOf, NecoError } from '@neco/core';

/**
 * Parses input with `node:crypto`. Input that OpenSSL rejects is a fault of the input; any other error is a programming
 * error and passes through.
 *
 * @param what as in "not <what>"
 * @throws NecoError CERTIFICATE_INVALID
 */
export function parseInput<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isRejectedInput(error)) throw error;
    throw new NecoError('CERTIFICATE_INVALID', `not ${what}: ${messageOf(error)}`);
  }
}

/** https://nodejs.org/api/errors.html#openssl-error-codes */
function isRejectedInput(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return error.code.startsWith('ERR_OSSL_') || error.code === 'ERR_MISSING_PASSPHRASE';
}
