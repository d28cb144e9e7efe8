import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir } from 'fs-extra/esm';
import { TestCa, type IssuedCertificate } from '../test-ca.ts';

/** The files of a certificate and its key. */
export interface PairFiles {
  certificate: string;
  key: string;
}

/** The three CAs of an etcd cluster under test, its certificates and revocation lists, as files in one folder. */
export class EtcdTestTls {
  readonly directory: string;
  readonly serverCa: TestCa;
  readonly clientCa: TestCa;
  readonly peerCa: TestCa;
  readonly #clients = new Map<string, Promise<IssuedCertificate>>();
  readonly #revoked: string[] = [];

  private constructor(directory: string, [serverCa, clientCa, peerCa]: readonly [TestCa, TestCa, TestCa]) {
    this.directory = directory;
    this.serverCa = serverCa;
    this.clientCa = clientCa;
    this.peerCa = peerCa;
  }

  static async create(directory: string): Promise<EtcdTestTls> {
    const cas = await Promise.all([
      TestCa.create('server CA'),
      TestCa.create('client CA'),
      TestCa.create('peer CA'),
    ]);
    const tls = new EtcdTestTls(directory, cas);
    await ensureDir(directory);
    await Promise.all([
      writeFile(tls.path('server-ca.crt'), tls.serverCa.certificate),
      writeFile(tls.path('client-ca.crt'), tls.clientCa.certificate),
      writeFile(tls.path('peer-ca.crt'), tls.peerCa.certificate),
      writeFile(tls.path('peer.crl'), await tls.peerCa.revocationList()),
      tls.revoke(),
    ]);
    return tls;
  }

  /** A file of this folder. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** The certificate of the client with this CN, issued once. */
  client(commonName: string): Promise<IssuedCertificate> {
    const known = this.#clients.get(commonName);
    if (known !== undefined) return known;
    const issued = this.clientCa.issue({ commonName, usages: ['client'] });
    this.#clients.set(commonName, issued);
    return issued;
  }

  /** The same as files, for stock clients. */
  async clientFiles(commonName: string): Promise<PairFiles> {
    return this.write(`client-${commonName}`, await this.client(commonName));
  }

  async serverFiles(name: string): Promise<PairFiles> {
    return this.write(
      `${name}-server`,
      await this.serverCa.issue({
        commonName: name,
        dnsNames: [name, 'localhost'],
        ipAddresses: ['127.0.0.1'],
      }),
    );
  }

  async peerFiles(name: string): Promise<PairFiles> {
    return this.write(
      `${name}-peer`,
      await this.peerCa.issue({ commonName: name, dnsNames: [name], ipAddresses: ['127.0.0.1'] }),
    );
  }

  async write(name: string, { certificate, key }: IssuedCertificate): Promise<PairFiles> {
    const files = { certificate: this.path(`${name}.crt`), key: this.path(`${name}.key`) };
    await writeFile(files.certificate, certificate);
    await writeFile(files.key, key.reveal());
    await chmod(files.key, 0o600);
    return files;
  }

  /** Puts a client's certificate on the revocation list, which etcd reads at each handshake. */
  async revoke(...serials: string[]): Promise<void> {
    this.#revoked.push(...serials);
    await writeFile(this.path('client.crl.new'), await this.clientCa.revocationList(this.#revoked));
    await rename(this.path('client.crl.new'), this.path('client.crl'));
  }
}
