import { NecoError } from '@neco/core';
import { RecordFile, type HostReader, type HostWriter } from '@neco/host-installer';
import * as z from 'zod';

/** What never changes of a certificate. */
export interface CertificateMemory {
  commonName: string;
  notAfter: Date;
}

/** By mount and serial number; of a CA, which is among the certificates of its mount, null. */
const schema = z.object({
  version: z.literal(1),
  certificates: z.record(
    z.string(),
    z.record(z.string(), z.object({ name: z.string(), end: z.number() }).nullable()),
  ),
});

/** Certificates by serial number; of a CA undefined. */
export type RememberedCertificates = Map<string, CertificateMemory | undefined>;

/** The file in which a server keeps what it has read of the certificates in Vault. */
export class CertificateMemoryFile {
  readonly #file: RecordFile<z.infer<typeof schema>>;

  constructor(path: string) {
    this.#file = new RecordFile({
      path,
      schema,
      what: 'what this server knows of the certificates in Vault',
      hint: 'remove it: it is made again',
    });
  }

  /** By mount. A file that cannot be used is as good as none: everything in it can be read in Vault again. */
  async read(host: HostReader): Promise<Map<string, RememberedCertificates>> {
    const known = await this.#file.read(host).catch((error: unknown) => {
      if (error instanceof NecoError) return undefined;
      throw error;
    });
    return new Map(
      Object.entries(known?.certificates ?? {}).map(([mount, certificates]) => [
        mount,
        new Map(
          Object.entries(certificates).map(([serial, one]) => [
            serial,
            one === null ? undefined : { commonName: one.name, notAfter: new Date(one.end) },
          ]),
        ),
      ]),
    );
  }

  /** @throws NecoError FILE_FAILED */
  async write(host: HostWriter, known: ReadonlyMap<string, RememberedCertificates>): Promise<void> {
    const certificates = Object.fromEntries(
      [...known].map(([mount, of]) => [
        mount,
        Object.fromEntries(
          [...of].map(([serial, one]) => [
            serial,
            one === undefined ? null : { name: one.commonName, end: one.notAfter.getTime() },
          ]),
        ),
      ]),
    );
    await this.#file.write(host, { version: 1, certificates });
  }
}
