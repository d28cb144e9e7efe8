import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { durationToMilliseconds, messageOf, NecoError, Secret, type EtcdOptions } from '@neco/core';
import type { HeldLock } from './lock/held-lock.ts';

/** How an etcd cluster is reached; the files are read already. */
export interface EtcdConnection {
  /**
   * Client URLs, `https://10.0.0.3:2379`; one without a scheme is https when there is `tls`. An open cluster reads this
   * list before each call, so it may be changed in place when members come and go.
   */
  endpoints: string[];
  /** Limit of each call at one endpoint, in milliseconds. */
  timeout: number;
  tls?: EtcdTls;
  /** For etcd users with a password; a client certificate logs in by its CN. */
  username?: string;
  password?: Secret;
  /** The lock under which this connection is used: nothing is asked of etcd once it may be lost; see `EtcdCluster.under`. */
  lock?: HeldLock;
  /** Called with the certificate of a member at an IP address, after each handshake that accepted it. */
  onCertificate?: (endpoint: string, certificate: X509Certificate) => void;
}

/** Certificates of a connection, PEM. */
export interface EtcdTls {
  /** The CAs that sign the members' certificates, PEM. */
  ca: string;
  /** This client's certificate, PEM; etcd logs it in by its CN. */
  certificate?: string;
  /** The key of `certificate`, PEM. */
  key?: Secret;
}

/**
 * Reads the files that etcd options name. A file wins over the same thing given inline.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID, CERTIFICATE_INVALID
 */
export async function readEtcdConnection(options: EtcdOptions): Promise<EtcdConnection> {
  const ca = await fileOrInline('tls-ca', options['tls-ca-file'], options['tls-ca']);
  const certificate = await fileOrInline('tls-cert', options['tls-cert-file'], options['tls-cert']);
  const key = await fileOrInline('tls-key', options['tls-key-file'], options['tls-key']);
  return {
    endpoints: options.endpoints,
    timeout: durationToMilliseconds(options.timeout),
    ...tlsOf(ca, certificate, key),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: new Secret(options.password) }),
  };
}

interface Material {
  /** Where it came from, for messages. */
  source: string;
  text: string;
}

async function fileOrInline(field: string, path?: string, inline?: string): Promise<Material | undefined> {
  if (path === undefined) return inline === undefined ? undefined : { source: field, text: inline };
  try {
    return { source: path, text: await readFile(path, 'utf8') };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new NecoError(
      missing ? 'CONFIG_MISSING' : 'CONFIG_UNREADABLE',
      `${field}-file of etcd: ${messageOf(error)}`,
      {
        hint: missing
          ? `put the file at ${path} or correct ${field}-file`
          : `make ${path} readable for this user`,
        cause: error,
      },
    );
  }
}

function tlsOf(ca?: Material, certificate?: Material, key?: Material): { tls?: EtcdTls } {
  if (ca === undefined && certificate === undefined && key === undefined) return {};
  if (ca === undefined) throw invalid('tls-cert and tls-key of etcd need a tls-ca', 'set tls-ca-file');
  parseCertificate(ca);
  if (certificate === undefined && key === undefined) return { tls: { ca: ca.text } };
  if (certificate === undefined)
    throw invalid('tls-key of etcd is given without tls-cert', 'set tls-cert-file');
  if (key === undefined) throw invalid('tls-cert of etcd is given without tls-key', 'set tls-key-file');
  checkPair(certificate, key);
  return { tls: { ca: ca.text, certificate: certificate.text, key: new Secret(key.text) } };
}

function invalid(message: string, hint: string): NecoError {
  return new NecoError('CONFIG_INVALID', message, { hint });
}

function parseCertificate({ source, text }: Material): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new NecoError('CERTIFICATE_INVALID', `${source} is not a PEM certificate: ${messageOf(error)}`, {
      hint: `put a certificate in PEM form into ${source}`,
    });
  }
}

/** Files that do not belong together would make every handshake fail without a useful message. */
function checkPair(certificate: Material, key: Material): void {
  const parsed = parseCertificate(certificate);
  // The message of the parser about a broken key is dropped: it may quote the key.
  const privateKey = tryPrivateKey(key.text);
  if (privateKey !== undefined && parsed.checkPrivateKey(privateKey)) return;
  const fault =
    privateKey === undefined ? 'is not a PEM private key' : `is not the key of ${certificate.source}`;
  throw new NecoError('CERTIFICATE_INVALID', `${key.source} ${fault}`, {
    hint: `put the private key of ${certificate.source} into ${key.source}`,
  });
}

function tryPrivateKey(text: string): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}
