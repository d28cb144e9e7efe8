import { X509Certificate } from 'node:crypto';
import { mapBounded } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';
import { certificateFacts, type VaultReader } from '@neco/vault-pki';
import { authorities, authorityNames, type AuthorityName } from '../certificates/authorities.ts';
import { hostLayout } from '../host-layout.ts';
import {
  CertificateMemoryFile,
  type CertificateMemory,
  type RememberedCertificates,
} from './certificate-memory.ts';

/** A certificate that Vault has signed and not revoked. */
export interface SignedCertificate {
  mount: string;
  serial: string;
  commonName: string;
  /** PEM, of one that the temporary Vault of setup signed: the real one does not keep it. */
  certificate?: string;
}

/** How many certificates are read from Vault at a time: it must go on serving others, and the change lock has to be kept. */
const width = 8;

/** How many are read in one piece of work, for which a session waits only so long; what one has read is kept when the next fails. */
const usualPiece = 200;

export interface ReadingInPieces {
  pieceSize?: number;
  /** Called after each piece that was read. */
  pieceRead?: () => Promise<void>;
}

/** What gives a log-in to Vault for a piece of work; `VaultSession` is one. */
interface VaultWork {
  run<T>(what: string, work: (vault: Pick<VaultReader, 'pki'>) => Promise<T>): Promise<T>;
}

/** What Vault has listed for one authority. */
interface Listed {
  mount: string;
  serials: string[];
  revoked: ReadonlySet<string>;
  of: RememberedCertificates;
}

interface Unread {
  mount: string;
  serial: string;
  of: RememberedCertificates;
}

/**
 * The certificates that Vault has signed. It gives out their serial numbers alone, in one list, and whose each is only one by one. So each is
 * read once on a server, for a certificate never changes, and kept in a file: what a leave takes does not grow with what others
 * were ever given. neco-worker reads new ones from time to time, a command the rest. Records of whoever signs would not do: a
 * service that renews its certificate by itself writes none, and a compromised server could write what it likes.
 */
export class SignedCertificates {
  readonly #host: HostReader;
  readonly #file: CertificateMemoryFile;
  #known: Promise<Map<string, RememberedCertificates>> | undefined;
  /** Whether something was read that the file does not have. */
  #isNew = false;

  /** @param path the file in which they are kept. */
  constructor(host: HostReader, path = hostLayout.certificateMemory) {
    this.#host = host;
    this.#file = new CertificateMemoryFile(path);
  }

  /**
   * All of these authorities that are neither revoked nor expired.
   * @throws NecoError VAULT_*, TIMEOUT, CANCELLED
   */
  async valid(
    vault: VaultWork,
    names: readonly AuthorityName[] = authorityNames,
    { pieceSize = usualPiece, pieceRead }: ReadingInPieces = {},
  ): Promise<SignedCertificate[]> {
    this.#known ??= this.#file.read(this.#host);
    const known = await this.#known;
    const lists = await vault.run('Vault to list the certificates', (one) => list(one, names, known));
    const unread = lists.flatMap(({ mount, serials, revoked, of }) =>
      serials
        .filter((serial) => !revoked.has(serial) && !of.has(serial))
        .map((serial) => ({ mount, serial, of })),
    );
    for (let start = 0; start < unread.length; start += pieceSize) {
      const piece = unread.slice(start, start + pieceSize);
      await vault.run('Vault to give the certificates', (one) => this.#read(one, piece));
      await pieceRead?.();
    }
    for (const { serials, of } of lists) this.#forgetOthers(of, serials);
    return lists.flatMap(({ mount, serials, revoked, of }) =>
      serials.flatMap((serial) => validOf({ mount, serial, facts: of.get(serial), revoked })),
    );
  }

  /** Keeps what was read, for the next time. @throws NecoError FILE_FAILED */
  async remember(host: HostWriter): Promise<void> {
    if (this.#known === undefined || !this.#isNew) return;
    await this.#file.write(host, await this.#known);
    this.#isNew = false;
  }

  async #read(vault: Pick<VaultReader, 'pki'>, piece: readonly Unread[]): Promise<void> {
    await mapBounded(piece, width, async ({ mount, serial, of }) => {
      if (of.has(serial)) return; // by a try that ended early
      const pem = await vault.pki(mount).certificate(serial);
      if (pem === undefined) return;
      of.set(serial, new X509Certificate(pem).ca ? undefined : certificateFacts(pem));
      this.#isNew = true;
    });
  }

  /** What Vault has removed, because it has expired. */
  #forgetOthers(of: RememberedCertificates, serials: readonly string[]): void {
    const listed = new Set(serials);
    for (const serial of of.keys()) {
      if (listed.has(serial)) continue;
      of.delete(serial);
      this.#isNew = true;
    }
  }
}

function list(
  vault: Pick<VaultReader, 'pki'>,
  names: readonly AuthorityName[],
  known: Map<string, RememberedCertificates>,
): Promise<Listed[]> {
  return Promise.all(
    names.map(async (name) => {
      const { mount } = authorities[name];
      const [serials, revoked] = await Promise.all([
        vault.pki(mount).certificates(),
        vault.pki(mount).revoked(),
      ]);
      return { mount, serials, revoked, of: ofMount(known, mount) };
    }),
  );
}

function ofMount(known: Map<string, RememberedCertificates>, mount: string): RememberedCertificates {
  const there = known.get(mount) ?? new Map<string, CertificateMemory | undefined>();
  known.set(mount, there);
  return there;
}

function validOf(one: {
  mount: string;
  serial: string;
  facts: CertificateMemory | undefined;
  revoked: ReadonlySet<string>;
}): SignedCertificate[] {
  const { mount, serial, facts, revoked } = one;
  if (facts === undefined || revoked.has(serial) || facts.notAfter.getTime() < Date.now()) return [];
  return [{ mount, serial, commonName: facts.commonName }];
}
