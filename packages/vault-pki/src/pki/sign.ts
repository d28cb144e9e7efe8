import * as z from 'zod';
import type { VaultClient } from '../edge/vault-client.ts';

/** What a signing role is asked to sign. */
export interface SignRequest {
  /** PKCS #10, PEM. Only its public key is used. */
  csr: string;
  commonName: string;
  /** Alternative DNS names besides the common name. */
  altNames?: readonly string[];
  /** IP addresses. */
  ipSans?: readonly string[];
  /** Shorter life than the role's, as `168h`. */
  ttl?: string;
}

export interface SignedCertificate {
  /** The certificate alone, PEM. */
  certificate: string;
  /** The CA that signed it, PEM. */
  ca: string;
  /** As Vault writes it, and as `revoke` takes it: `0a:1b:…`. */
  serial: string;
  notAfter: Date;
}

const signed = z.object({
  data: z.object({
    certificate: z.string(),
    issuing_ca: z.string(),
    serial_number: z.string(),
    expiration: z.number(),
  }),
});

/** https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate */
export async function sign(
  client: VaultClient,
  mount: string,
  role: string,
  request: SignRequest,
): Promise<SignedCertificate> {
  const { csr, commonName, altNames = [], ipSans = [], ttl } = request;
  const body = {
    csr,
    common_name: commonName,
    // One string each, and none when empty: a policy compares the whole parameter, and refuses one that it does not name.
    ...(altNames.length === 0 ? {} : { alt_names: altNames.join(',') }),
    ...(ipSans.length === 0 ? {} : { ip_sans: ipSans.join(',') }),
    ...(ttl === undefined ? {} : { ttl }),
  };
  const path = `${mount}/sign/${encodeURIComponent(role)}`;
  const { data } = await client.write(
    path,
    body,
    signed,
    `sign ${commonName} with the signing role ${role} of ${mount}`,
  );
  return {
    certificate: `${data.certificate.trim()}\n`,
    ca: `${data.issuing_ca.trim()}\n`,
    serial: data.serial_number,
    notAfter: new Date(data.expiration * 1000),
  };
}
