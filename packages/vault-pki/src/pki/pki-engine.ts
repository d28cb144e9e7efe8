import { X509Certificate } from 'node:crypto';
import { Secret, type NecoError } from '@neco/core';
import * as z from 'zod';
import { differs } from '../edge/differs.ts';
import type { VaultClient } from '../edge/vault-client.ts';
import { parseCrl } from '../x509/parse-crl.ts';
import { signingRoleFields, type SigningRole } from './signing-role.ts';

/** A CA with its private key. */
export interface ExportedCa {
  /** PEM. */
  certificate: string;
  privateKey: Secret;
}

/** A certificate to revoke. */
export interface Revocation {
  /** `0a:1b:…` */
  readonly serial: string;
  /** PEM; needed where another Vault signed it with the same CA, for this one does not keep it. */
  readonly certificate?: string;
}

const bytes = z.instanceof(Buffer);
const mounts = z.object({
  data: z.record(z.string(), z.object({ type: z.string(), config: z.object({ max_lease_ttl: z.number() }) })),
});

/** The list of revocations never goes stale before its CA does; see `Vault.ensurePki`. */
const crlConfiguration = (maxTtlHours: number) => ({
  disable: false,
  auto_rebuild: false,
  enable_delta: false,
  expiry: `${String(maxTtlHours)}h`,
});

/** The PKI secrets engines of one Vault. */
export class PkiEngine {
  readonly #client: VaultClient;

  constructor(client: VaultClient) {
    this.#client = client;
  }

  async ensurePki(mount: string, maxTtlHours: number): Promise<boolean> {
    const ttl = `${String(maxTtlHours)}h`;
    const enable = (): Promise<void> =>
      this.#client.change(
        `sys/mounts/${mount}`,
        { type: 'pki', config: { max_lease_ttl: ttl } },
        `enable PKI at ${mount}`,
      );
    const there = await this.#client.unlessThere(enable, () => this.#mounted(mount));
    if (there !== undefined && there.type !== 'pki') {
      throw this.#client.fault(
        `${mount} is of type ${there.type}, not pki`,
        `move it away with "vault secrets move", or use another mount than ${mount}`,
      );
    }
    if (there !== undefined && there.config.max_lease_ttl !== maxTtlHours * 3600) {
      await this.#client.change(`sys/mounts/${mount}/tune`, { max_lease_ttl: ttl }, `tune ${mount}`);
    }
    const list = await this.#client.ensure(
      `${mount}/config/crl`,
      crlConfiguration(maxTtlHours),
      `set up the list of ${mount}`,
    );
    return list || there?.config.max_lease_ttl !== maxTtlHours * 3600;
  }

  async #mounted(mount: string): Promise<z.infer<typeof mounts>['data'][string] | undefined> {
    return (await this.#client.read('sys/mounts', mounts, 'list the secrets engines'))?.data[`${mount}/`];
  }

  async ensureSigningRole(mount: string, name: string, role: SigningRole): Promise<boolean> {
    const path = `${mount}/roles/${encodeURIComponent(name)}`;
    return await this.#client.ensure(path, signingRoleFields(role), `set the role ${name} of ${mount}`);
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-role */
  async signingRoleFaults(mount: string, name: string, role: SigningRole): Promise<string[] | undefined> {
    const found = await this.#client.read(
      `${mount}/roles/${encodeURIComponent(name)}`,
      z.object({ data: z.record(z.string(), z.unknown()) }),
      `read the role ${name} of ${mount}`,
    );
    if (found === undefined) return undefined;
    return Object.entries(signingRoleFields(role))
      .filter(([field, value]) => differs(found.data, { [field]: value }))
      .map(([field]) => field);
  }

  async hasSigningRole(mount: string, name: string): Promise<boolean> {
    const path = `${mount}/roles/${encodeURIComponent(name)}`;
    const what = `read the role ${name} of ${mount}`;
    return (await this.#client.read(path, z.object({ data: z.unknown() }), what)) !== undefined;
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#delete-role */
  async deleteSigningRole(mount: string, name: string): Promise<void> {
    await this.#client.delete(
      `${mount}/roles/${encodeURIComponent(name)}`,
      `delete the role ${name} of ${mount}`,
    );
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#generate-root */
  async generateExportedCa(mount: string, wanted: { commonName: string; ttl: string }): Promise<ExportedCa> {
    const schema = z.object({ data: z.object({ certificate: z.string(), private_key: z.string() }) });
    const body = {
      common_name: wanted.commonName,
      ttl: wanted.ttl,
      key_type: 'ec',
      key_bits: 256,
      exclude_cn_from_sans: true,
      not_before_duration: '1h',
    };
    const { data } = await this.#client.write(
      `${mount}/root/generate/exported`,
      body,
      schema,
      `make the CA of ${mount}`,
    );
    return {
      certificate: `${data.certificate.trim()}\n`,
      privateKey: new Secret(`${data.private_key.trim()}\n`),
    };
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#import-ca-certificates-and-keys */
  async importCa(mount: string, ca: ExportedCa): Promise<boolean> {
    const wanted = new X509Certificate(ca.certificate).fingerprint256;
    if (!this.#client.looks && (await this.#importNew(mount, ca, wanted))) return true;
    const there = await this.#issuerOf(mount, wanted);
    const issuer = there ?? (await this.#import(mount, ca)).issuer;
    if (issuer === undefined) throw this.#withoutKey(mount);
    const changed = await this.#client.ensure(
      `${mount}/config/issuers`,
      { default: issuer },
      `make the CA of ${mount} its default`,
    );
    // Who asked Vault to import it may have been lost before Vault had made the list, which it then never does.
    const listed = there === undefined || (await this.#hasCrl(mount));
    if (!listed) await this.#rotateCrl(mount);
    return changed || there === undefined || !listed;
  }

  /**
   * Imports a CA to a mount that has none, which makes it the default one.
   * @returns false where it was there already, or another one is the default
   */
  async #importNew(mount: string, ca: ExportedCa, fingerprint: string): Promise<boolean> {
    const { issuer, isNew } = await this.#import(mount, ca);
    if (issuer === undefined) throw this.#withoutKey(mount);
    if (!isNew) return false;
    const signing = await this.caCertificate(mount);
    return signing !== undefined && new X509Certificate(signing).fingerprint256 === fingerprint;
  }

  #withoutKey(mount: string): NecoError {
    return this.#client.fault(
      `it took the CA of ${mount} but does not have it`,
      `look at "vault list ${mount}/issuers"; the key must be the certificate's own`,
    );
  }

  /**
   * Has Vault take a CA, once or again.
   * @returns its issuer, undefined when Vault did not take the key with it; and whether it was not there before
   */
  async #import(mount: string, ca: ExportedCa): Promise<{ issuer: string | undefined; isNew: boolean }> {
    const schema = z.object({
      data: z.object({
        mapping: z.record(z.string(), z.string()).nullish(),
        imported_issuers: z.array(z.string()).nullish(),
      }),
    });
    const bundle = new Secret(`${ca.certificate.trim()}\n${ca.privateKey.reveal().trim()}\n`);
    const { data } = await this.#client.write(
      `${mount}/issuers/import/bundle`,
      { pem_bundle: bundle },
      schema,
      `import the CA of ${mount}`,
    );
    return {
      issuer: Object.entries(data.mapping ?? {}).find(([, key]) => key !== '')?.[0],
      isNew: (data.imported_issuers ?? []).length > 0,
    };
  }

  /** The issuer with this certificate whose key Vault holds as well. */
  async #issuerOf(mount: string, fingerprint: string): Promise<string | undefined> {
    const schema = z.object({ data: z.object({ certificate: z.string(), key_id: z.string() }) });
    for (const id of await this.#client.list(`${mount}/issuers`, `list the issuers of ${mount}`)) {
      const issuer = await this.#client.read(
        `${mount}/issuer/${id}`,
        schema,
        `read the issuer ${id} of ${mount}`,
      );
      if (issuer === undefined || issuer.data.key_id === '') continue;
      if (new X509Certificate(issuer.data.certificate).fingerprint256 === fingerprint) return id;
    }
    return undefined;
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-certificate */
  async caCertificate(mount: string): Promise<string | undefined> {
    const found = await this.#client.read(`${mount}/ca/pem`, bytes, `read the CA of ${mount}`);
    return found === undefined || found.length === 0 ? undefined : `${found.toString('utf8').trim()}\n`;
  }

  async #hasCrl(mount: string): Promise<boolean> {
    const found = await this.#client.read(`${mount}/crl`, bytes, `read the revocation list of ${mount}`);
    return found !== undefined && found.length > 0;
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#rotate-crls */
  async #rotateCrl(mount: string): Promise<void> {
    const schema = z.object({ data: z.object({ success: z.literal(true) }) });
    await this.#client.read(`${mount}/crl/rotate`, schema, `make the revocation list of ${mount}`);
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-crl */
  async crl(mount: string): Promise<Buffer> {
    const found = await this.#client.read(`${mount}/crl`, bytes, `read the revocation list of ${mount}`);
    if (found === undefined || found.length === 0) {
      throw this.#client.fault(
        `there is no revocation list at ${mount}`,
        `there is no CA at ${mount} yet: see "vault list ${mount}/issuers"`,
        // A standby whose active one is just lost answers with nothing, too.
        true,
      );
    }
    parseCrl(found);
    return found;
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#list-certificates */
  async certificates(mount: string): Promise<string[]> {
    return await this.#client.list(`${mount}/certs`, `list the certificates of ${mount}`);
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-certificate */
  async certificate(mount: string, serial: string): Promise<string | undefined> {
    const schema = z.object({ data: z.object({ certificate: z.string() }) });
    const what = `read the certificate ${serial} of ${mount}`;
    return (await this.#client.read(`${mount}/cert/${serial}`, schema, what))?.data.certificate;
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#revoke-certificate */
  async revoke(mount: string, serial: string): Promise<void> {
    await this.#client.change(
      `${mount}/revoke`,
      { serial_number: serial },
      `revoke the certificate ${serial} of ${mount}`,
    );
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#revoke-certificate */
  async revokeCertificate(mount: string, certificate: string): Promise<void> {
    const { serialNumber } = new X509Certificate(certificate);
    await this.#client.change(
      `${mount}/revoke`,
      { certificate },
      `revoke the certificate ${serialNumber} of ${mount}`,
    );
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#set-revocation-configuration */
  async revokeAll(mount: string, revocations: readonly Revocation[]): Promise<void> {
    if (revocations.length === 0) return;
    await this.#makeListBy(mount, 'the end');
    try {
      for (const { serial, certificate } of revocations) {
        await (certificate === undefined
          ? this.revoke(mount, serial)
          : this.revokeCertificate(mount, certificate));
      }
    } finally {
      await this.#makeListBy(mount, 'each revocation');
    }
  }

  /** Vault makes the list anew when this is set back, whatever was revoked since. */
  async #makeListBy(mount: string, when: 'the end' | 'each revocation'): Promise<void> {
    await this.#client.change(
      `${mount}/config/crl`,
      { auto_rebuild: when === 'the end' },
      `have the list of ${mount} made at ${when}`,
    );
  }
}
