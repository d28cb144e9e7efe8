import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from '@neco/core';
import { type CertificateKind, certificateKinds } from '@neco/cluster-access';
import { readOnlyHost } from '@neco/host-installer';
import { certificateStatus } from './certificate-status.ts';
import { plainSerial, type ServedCertificate } from './served-certificate.ts';
import type { CertificateStatus } from '../status-schema.ts';

/** A certificate of this server that cannot be used as it lies there. */
export interface UnreadableCertificate {
  path: string;
  reason: string;
  /** A link to it or to its key is gone, while both are there: neco-worker puts it back. */
  lostLink: boolean;
}

export interface LocalCertificates {
  certificates: CertificateStatus[];
  /** Serial numbers by path, as `plainSerial` writes them. */
  serials: ReadonlyMap<string, string>;
  unreadable: UnreadableCertificate[];
}

/** The terms of the certificates that lie on this server. One that is missing or broken, or whose key is, is a fault. */
export async function readLocalCertificates(
  server: string,
  certificatePaths: readonly string[],
): Promise<LocalCertificates> {
  const read = await Promise.all(certificatePaths.map((path) => readOne(server, path)));
  const found = read.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  return {
    certificates: found.map(({ serial: _serial, ...certificate }) => certificate),
    serials: new Map(found.map(({ where, serial }) => [where, serial])),
    unreadable: read.flatMap(({ unreadable }) => (unreadable === undefined ? [] : [unreadable])),
  };
}

interface ReadCertificate {
  certificate?: ServedCertificate;
  unreadable?: UnreadableCertificate;
}

async function readOne(server: string, path: string): Promise<ReadCertificate> {
  const kind = Object.values(certificateKinds).find(({ certificatePath }) => certificatePath === path);
  try {
    const parsed = new X509Certificate(await readFile(path));
    const { validFromDate, validToDate, serialNumber } = parsed;
    const term = certificateStatus({ server, where: path, notBefore: validFromDate, notAfter: validToDate });
    const certificate = { ...term, serial: plainSerial(serialNumber) };
    const reason = kind && (await keyFault(parsed, kind.keyPath));
    return reason === undefined
      ? { certificate }
      : { certificate, unreadable: { path, reason, lostLink: await hasLostLink(kind) } };
  } catch (error) {
    return { unreadable: { path, reason: messageOf(error), lostLink: await hasLostLink(kind) } };
  }
}

async function hasLostLink(kind: CertificateKind | undefined): Promise<boolean> {
  if (kind === undefined) return false;
  return (
    (
      await readOnlyHost()
        .lostLinks(kind)
        .catch(() => [])
    ).length > 0
  );
}

/** What is wrong with the key of a certificate; of one that this user may not read nothing is known. */
async function keyFault(certificate: X509Certificate, keyPath: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(keyPath, 'utf8');
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EACCES';
    return isThere ? undefined : `its key cannot be read: ${messageOf(error)}`;
  }
  try {
    if (certificate.checkPrivateKey(createPrivateKey(text))) return undefined;
  } catch {
    // What OpenSSL says might quote the key.
    return `${keyPath} is not a private key`;
  }
  return `${keyPath} is the key of another certificate`;
}
