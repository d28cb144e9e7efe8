import { verify, X509Certificate } from 'node:crypto';
import { DerReader, derTag } from './der-reader.ts';
import { splitCertificates } from './split-certificates.ts';

/** Signature algorithms of issuers, in DER: ECDSA and RSA with SHA-256, SHA-384 and SHA-512. */
const hashes: Readonly<Record<string, string>> = {
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
};

/** Whether one of the CAs of a bundle (PEM) signed a revocation list (DER). */
export function isCrlOf(crl: Uint8Array, bundle: string): boolean {
  const outer = new DerReader(crl).enter();
  const list = outer.take(derTag.sequence).whole;
  const algorithm = outer.enter().take(derTag.objectIdentifier).content;
  const hash = hashes[Buffer.from(algorithm).toString('hex')];
  // The first byte says how many bits are not used.
  const signature = outer.take(derTag.bitString).content.subarray(1);
  if (hash === undefined) return false;
  return splitCertificates(bundle).some((ca) =>
    verify(hash, list, new X509Certificate(ca).publicKey, signature),
  );
}
