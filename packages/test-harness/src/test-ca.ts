// The library's container for its algorithms asks for this polyfill before it is loaded.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Secret } from '@neco/core';
import * as x509 from '@peculiar/x509';

export interface CertificateRequest {
  commonName: string;
  organizationalUnits?: readonly string[];
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** Extended key usages; both when left out. */
  usages?: readonly ('server' | 'client')[];
  /** Validity, from an hour ago to tomorrow when left out: set for certificates that expired or are not yet valid. */
  notBefore?: Date;
  notAfter?: Date;
}

export interface IssuedCertificate {
  /** PEM. */
  certificate: string;
  /** PKCS #8 PEM. */
  key: Secret;
  /** Hexadecimal. */
  serial: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hour = 3_600_000;

/** A certificate authority for tests: EC P-256, issues whatever it is asked for, also what is not valid. */
export class TestCa {
  /** PEM. */
  readonly certificate: string;
  readonly #issuer: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(issuer: x509.X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#issuer = issuer;
    this.#keys = keys;
    this.certificate = `${issuer.toString('pem')}\n`;
  }

  static async create(commonName = 'test CA'): Promise<TestCa> {
    const keys = await generateKeys();
    const issuer = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomSerial(),
      name: [{ CN: [commonName] }],
      notBefore: new Date(Date.now() - hour),
      notAfter: new Date(Date.now() + 24 * hour),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new TestCa(issuer, keys);
  }

  async issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const keys = await generateKeys();
    const serial = randomSerial();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ CN: [request.commonName], OU: [...(request.organizationalUnits ?? [])] }],
      issuer: this.#issuer.subject,
      notBefore: request.notBefore ?? new Date(Date.now() - hour),
      notAfter: request.notAfter ?? new Date(Date.now() + 24 * hour),
      signingKey: this.#keys.privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm: algorithm,
      extensions: await this.#extensions(request),
    });
    const key = x509.PemConverter.encode(
      await webcrypto.subtle.exportKey('pkcs8', keys.privateKey),
      'PRIVATE KEY',
    );
    return { certificate: `${certificate.toString('pem')}\n`, key: new Secret(`${key}\n`), serial };
  }

  /** A revocation list in DER, version 2, as etcd wants it. @param serials of revoked certificates, hexadecimal. */
  async revocationList(serials: readonly string[] = []): Promise<Buffer> {
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#issuer.subject,
      thisUpdate: new Date(Date.now() - hour),
      nextUpdate: new Date(Date.now() + 24 * hour),
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - hour) })),
      signingAlgorithm: algorithm,
      signingKey: this.#keys.privateKey,
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(this.#issuer)],
    });
    return Buffer.from(list.rawData);
  }

  async #extensions({ dnsNames = [], ipAddresses = [], usages = ['server', 'client'] }: CertificateRequest) {
    const names: x509.JsonGeneralNames = [
      ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ];
    const purposes = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };
    return [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages.map((usage) => purposes[usage])),
      await x509.AuthorityKeyIdentifierExtension.create(this.#issuer),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ];
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** 16 random bytes of which the first is positive and not zero. */
function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(Buffer.alloc(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
