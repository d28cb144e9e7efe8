import type { X509Certificate } from 'node:crypto';
import type { Secret } from '@neco/core';

/** Where a Vault is, and how to recognise it. */
export interface VaultConnection {
  /** `https://HOST:PORT`; clear text `http://` only for a Vault on the loopback. */
  address: string;
  /** The CA that must have signed Vault's certificate, PEM; Node's own list of CAs by default. */
  ca?: string;
  /** The client certificate, PEM, with which `loginCertificate` logs in. */
  certificate?: string;
  key?: Secret;
  /** Deadline of one call, from its connection to the last byte of its answer, in milliseconds; 10 s by default. */
  timeout?: number;
  /** The name that Vault's certificate must carry, where it is not the host of the address. */
  serverName?: string;
  /** Called with Vault's certificate at each call that it answers. */
  onCertificate?: (certificate: X509Certificate) => void;
}
