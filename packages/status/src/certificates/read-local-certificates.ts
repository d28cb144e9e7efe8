import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from '@neco/core';
import { certificateStatus } from './certificate-status.ts';
import { plainSerial, type ServedCertificate } from './served-certificate.ts';
import type { CertificateStatus, StatusWarning } from '../status-schema.ts';

export interface LocalCertificates {
  certificates: CertificateStatus[];
  /** Serial numbers by path, as `plainSerial` writes them. */
  serials: ReadonlyMap<string, string>;
  warnings: StatusWarning[];
}

/** The terms of the certificates that lie on this server. One that is missing or broken is a fault. */
export async function readLocalCertificates(
  server: string,
  certificatePaths: readonly string[],
): Promise<LocalCertificates> {
  const read = await Promise.all(certificatePaths.map((path) => readOne(server, path)));
  const found = read.filter((one) => 'where' in one);
  return {
    certificates: found.map(({ serial: _serial, ...certificate }) => certificate),
    serials: new Map(found.map(({ where, serial }) => [where, serial])),
    warnings: read.filter((one) => 'hint' in one),
  };
}

async function readOne(server: string, path: string): Promise<ServedCertificate | StatusWarning> {
  try {
    const { validFromDate, validToDate, serialNumber } = new X509Certificate(await readFile(path));
    const term = certificateStatus({ server, where: path, notBefore: validFromDate, notAfter: validToDate });
    return { ...term, serial: plainSerial(serialNumber) };
  } catch (error) {
    return {
      severity: 'fault',
      message: `cannot read the certificate ${path} of ${server}: ${messageOf(error)}`,
      hint: `if setup is not complete, run it again on ${server}; otherwise restore the file from a copy, or have a Vault administrator sign a new certificate`,
    };
  }
}
