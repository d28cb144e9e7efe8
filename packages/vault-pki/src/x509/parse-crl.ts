import { messageOf, NecoError } from '@neco/core';
import { X509Crl } from './x509-library.ts';

export interface CrlFacts {
  version: 2;
  /** When the next list is due; undefined when the list does not say. */
  nextUpdate: Date | undefined;
  /** The revoked certificates, as Vault writes serial numbers: `0a:1b:…`. */
  serials: string[];
}

/**
 * Reads a revocation list as strictly as etcd does, which refuses every client when its list is not one: DER, not PEM,
 * version 2, nothing behind its end.
 *
 * https://etcd.io/docs/v3.6/op-guide/security/
 *
 * @throws NecoError CERTIFICATE_INVALID
 */
export function parseCrl(der: Uint8Array): CrlFacts {
  if (derLength(der) !== der.length)
    throw invalid(der[0] === 0x2d ? 'it is PEM, not DER' : 'it is cut off, or not DER');
  const list = parsed(der);
  // On the wire version 2 is 1, and version 1 is nothing.
  if (Number(list.version) !== 1) throw invalid('it is of version 1, and version 2 is needed');
  return {
    version: 2,
    nextUpdate: list.nextUpdate,
    serials: list.entries.map(({ serialNumber }) =>
      (serialNumber.toLowerCase().match(/../g) ?? []).join(':'),
    ),
  };
}

function parsed(der: Uint8Array): X509Crl {
  try {
    return new X509Crl(der);
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function invalid(reason: string): NecoError {
  return new NecoError(
    'CERTIFICATE_INVALID',
    `not a certificate revocation list that etcd takes: ${reason}`,
    {
      hint: 'fetch it from Vault again, as DER: /v1/<mount>/crl, not /crl/pem',
    },
  );
}

/** The length of the sequence that begins here, header included; -1 when none does. */
function derLength(der: Uint8Array): number {
  const [tag, first] = der;
  if (tag !== 0x30 || first === undefined) return -1;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  const length = der.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  return 2 + count + length;
}
