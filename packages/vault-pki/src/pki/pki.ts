import { X509Certificate } from 'node:crypto';
import { Secret, type NecoError } from '@neco/core';
import * as z from 'zod';
import { differs } from '../edge/differs.ts';
import type { VaultClient } from '../edge/vault-client.ts';
import { parseCrl } from '../x509/parse-crl.ts';
import { sign, type SignedCertificate, type SignRequest } from './sign.ts';
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
  /** PEM; needed where another Vault signed it with the same CA, because this one does not keep it. */
  readonly certificate?: string;
}

const bytes = z.instanceof(Buffer);

/** Durations in seconds, as Vault gives them back. */
const tidyConfiguration = {
  enabled: true,
  interval_duration: 12 * 3600,
  tidy_cert_store: true,
  tidy_revoked_certs: true,
  // For clocks that differ, and to look at what has just expired.
  safety_buffer: 72 * 3600,
};
const mounts = z.object({
  data: z.record(z.string(), z.object({ type: z.string(), config: z.object({ max_lease_ttl: z.number() }) })),
});

const crlConfiguration = (maxTtlHours: number) => ({
  disable: false,
  auto_rebuild: false,
  enable_delta: false,
  expiry: `${String(maxTtlHours)}h`,
});

/**
 * The PKI secrets engine at one mount of a Vault: its CA, signing roles, certificates and revocation list. Get it as
 * `vault.pki(mount)`.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki
 */
export class Pki {
  /** As `ca/server`. */
  readonly mount: string;
  readonly #client: VaultClient;

  /** @internal */
  constructor(client: VaultClient, mount: string) {
    this.#client = client;
    this.mount = mount;
  }

  /**
   * Enables PKI here, for certificates that live up to `maxTtlHours`. Its revocation list is rebuilt with each revocation
   * and is valid as long as its CA. Only a revocation makes a new list, so none expires unseen; and an old list is better
   * than none, with which etcd refuses every client.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#set-revocation-configuration
   *
   * @throws NecoError VAULT_FAILED when another secrets engine is mounted here.
   */
  async ensureEnabled({ maxTtlHours }: { maxTtlHours: number }): Promise<boolean> {
    const { mount } = this;
    const ttl = `${String(maxTtlHours)}h`;
    const body = { type: 'pki', config: { max_lease_ttl: ttl } };
    const there = await this.#client.unlessThere(
      () => this.#client.change(`sys/mounts/${mount}`, body, `enable PKI at ${mount}`),
      async () =>
        (await this.#client.read('sys/mounts', mounts, 'list the secrets engines'))?.data[`${mount}/`],
    );
    if (there !== undefined && there.type !== 'pki') {
      throw this.#client.fault(
        `${mount} is of type ${there.type}, not pki`,
        `move it away with "vault secrets move", or use another mount than ${mount}`,
      );
    }
    const tuned = there?.config.max_lease_ttl === maxTtlHours * 3600;
    if (there !== undefined && !tuned)
      await this.#client.change(`sys/mounts/${mount}/tune`, { max_lease_ttl: ttl }, `tune ${mount}`);
    const configured = await this.#client.ensure(
      `${mount}/config/crl`,
      crlConfiguration(maxTtlHours),
      `configure the revocation list of ${mount}`,
    );
    return configured || !tuned;
  }

  /**
   * Has Vault remove what has expired here three days ago, twice a day, from the certificates that it keeps and from its
   * revocation list: otherwise both grow for ever.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#configure-automatic-tidy
   */
  async ensureTidied(): Promise<boolean> {
    const what = `have expired certificates of ${this.mount} removed`;
    return await this.#client.ensure(this.#at('config/auto-tidy'), tidyConfiguration, what);
  }

  /**
   * Makes a CA (EC P-256) and returns it with its private key, the only time that Vault gives that out. It is valid from an
   * hour ago, so that a server whose clock is behind accepts what it signs. Each call makes another CA.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#generate-root
   *
   * @param wanted.ttl its life, as `87600h`.
   */
  async generateExportedCa(wanted: { commonName: string; ttl: string }): Promise<ExportedCa> {
    const schema = z.object({ data: z.object({ certificate: z.string(), private_key: z.string() }) });
    const body = {
      common_name: wanted.commonName,
      ttl: wanted.ttl,
      key_type: 'ec',
      key_bits: 256,
      exclude_cn_from_sans: true,
      not_before_duration: '1h',
    };
    const what = `make the CA of ${this.mount}`;
    const { data } = await this.#client.write(this.#at('root/generate/exported'), body, schema, what);
    return {
      certificate: `${data.certificate.trim()}\n`,
      privateKey: new Secret(`${data.private_key.trim()}\n`),
    };
  }

  /**
   * Makes a CA that was made elsewhere the one that signs here. It is imported only once.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#import-ca-certificates-and-keys
   */
  async importCa(ca: ExportedCa): Promise<boolean> {
    const wanted = new X509Certificate(ca.certificate).fingerprint256;
    if (!this.#client.looks && (await this.#importNew(ca, wanted))) return true;
    const there = await this.#issuerOf(wanted);
    const issuer = there ?? (await this.#import(ca)).issuer;
    if (issuer === undefined) throw this.#withoutKey();
    const changed = await this.#client.ensure(
      this.#at('config/issuers'),
      { default: issuer },
      `make the CA of ${this.mount} its default`,
    );
    // An import that was interrupted may have left the CA without its list, which Vault then never makes by itself.
    const listed = there === undefined || (await this.#crl()) !== undefined;
    if (!listed) await this.#rotateCrl();
    return changed || there === undefined || !listed;
  }

  /**
   * The CA that signs here, PEM; undefined when there is none yet. Needs no token.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-certificate
   */
  async caCertificate(): Promise<string | undefined> {
    const found = await this.#client.read(this.#at('ca/pem'), bytes, `read the CA of ${this.mount}`);
    return found === undefined || found.length === 0 ? undefined : `${found.toString('utf8').trim()}\n`;
  }

  /**
   * The revocation list of the CA that signs here: DER, version 2, parsed before it is returned. Needs no token.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-crl
   *
   * @throws NecoError VAULT_FAILED when there is no CA yet; CERTIFICATE_INVALID when etcd would reject the list.
   */
  async crl(): Promise<Buffer> {
    const found = await this.#crl();
    if (found === undefined) {
      throw this.#client.fault(
        `there is no revocation list at ${this.mount}`,
        `there is no CA at ${this.mount} yet: see "vault list ${this.mount}/issuers"`,
        // A standby that has just lost its active Vault also returns nothing.
        true,
      );
    }
    parseCrl(found);
    return found;
  }

  /**
   * The revocation lists of all issuers at this mount, the default one's first: DER, version 2, each parsed before it is
   * returned. The list of one issuer does not name what another one signed. Needs no token.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-crl
   *
   * @throws NecoError as `crl`
   */
  async issuerLists(): Promise<[Buffer, ...Buffer[]]> {
    const signing = await this.crl();
    const ids = await this.#client.list(this.#at('issuers'), `list the issuers of ${this.mount}`);
    if (ids.length < 2) return [signing];
    const lists = await Promise.all(ids.map((id) => this.#issuerList(id)));
    // The default one is among them; issuers with one key and name share a list.
    const others = lists.filter((list) => list !== undefined && !list.equals(signing)) as Buffer[];
    return [signing, ...new Map(others.map((list) => [list.toString('base64'), list])).values()];
  }

  /** The serial numbers of all that is revoked here, whichever issuer signed it: `0a:1b:…` each. @throws NecoError as `crl` */
  async revoked(): Promise<Set<string>> {
    const lists = await this.issuerLists();
    return new Set(lists.flatMap((list) => parseCrl(list).serials));
  }

  /**
   * Makes a signing role that leaves nothing open; `signingRoleFields` has what it pins.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#create-update-role
   */
  async ensureSigningRole(name: string, role: SigningRole): Promise<boolean> {
    const what = `write the signing role ${name} of ${this.mount}`;
    return await this.#client.ensure(this.#rolePath(name), signingRoleFields(role), what);
  }

  /**
   * The fields in which a signing role differs from what it should be; undefined when there is no such role. Changes nothing.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-role
   */
  async signingRoleFaults(name: string, role: SigningRole): Promise<string[] | undefined> {
    const found = await this.#signingRole(name);
    if (found === undefined) return undefined;
    return Object.entries(signingRoleFields(role))
      .filter(([field, value]) => differs(found, { [field]: value }))
      .map(([field]) => field);
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-role */
  async hasSigningRole(name: string): Promise<boolean> {
    return (await this.#signingRole(name)) !== undefined;
  }

  /** The organizational units that certificates of a signing role carry; undefined when there is no such role. */
  async signingRoleUnits(name: string): Promise<string[] | undefined> {
    const found = await this.#signingRole(name);
    return found && z.array(z.string()).catch([]).parse(found.ou);
  }

  /** Deletes a signing role, if it exists. https://developer.hashicorp.com/vault/api-docs/secret/pki#delete-role */
  async deleteSigningRole(name: string): Promise<void> {
    await this.#client.delete(this.#rolePath(name), `delete the signing role ${name} of ${this.mount}`);
  }

  /**
   * Has a certificate signed with a role.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate
   *
   * @throws NecoError VAULT_PERMISSION_DENIED when the token's policy pins other names; VAULT_FAILED when the role does not
   * allow them, or does not exist.
   */
  async sign(role: string, request: SignRequest): Promise<SignedCertificate> {
    return await sign(this.#client, this.mount, role, request);
  }

  /**
   * The serial numbers of all certificates that were signed here and are kept.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#list-certificates
   *
   * @returns `0a:1b:…` each
   */
  async certificates(): Promise<string[]> {
    return await this.#client.list(this.#at('certs'), `list the certificates of ${this.mount}`);
  }

  /**
   * A certificate that was signed here, PEM; undefined when this Vault has none with that serial number.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-certificate
   */
  async certificate(serial: string): Promise<string | undefined> {
    const schema = z.object({ data: z.object({ certificate: z.string() }) });
    const what = `read the certificate ${serial} of ${this.mount}`;
    return (await this.#client.read(this.#at(`cert/${serial}`), schema, what))?.data.certificate;
  }

  /**
   * Revokes a certificate by its serial number (`0a:1b:…`) or, where another Vault signed it with the same CA and this one
   * does not keep it, by its text. One that is revoked already stays so.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#revoke-certificate
   *
   * @throws NecoError VAULT_FAILED for one that is neither kept here nor signed by a CA of this mount.
   */
  async revoke({ serial, certificate }: Revocation): Promise<void> {
    const body = certificate === undefined ? { serial_number: serial } : { certificate };
    await this.#client.change(this.#at('revoke'), body, `revoke the certificate ${serial} of ${this.mount}`);
  }

  /**
   * Revokes several certificates and has Vault make a new revocation list once, at the end. That list also has what an earlier
   * call, which was interrupted, had revoked. Until the end the list stays as it was.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#set-revocation-configuration
   *
   * @throws NecoError VAULT_FAILED for one that is neither kept here nor signed by a CA of this mount.
   */
  async revokeAll(revocations: readonly Revocation[]): Promise<void> {
    if (revocations.length === 0) return;
    await this.#makeListAt('the end');
    try {
      for (const one of revocations) await this.revoke(one);
    } finally {
      await this.#makeListAt('each revocation');
    }
  }

  #at(path: string): string {
    return `${this.mount}/${path}`;
  }

  #rolePath(name: string): string {
    return this.#at(`roles/${encodeURIComponent(name)}`);
  }

  async #signingRole(name: string): Promise<Record<string, unknown> | undefined> {
    const schema = z.object({ data: z.record(z.string(), z.unknown()) });
    const what = `read the signing role ${name} of ${this.mount}`;
    return (await this.#client.read(this.#rolePath(name), schema, what))?.data;
  }

  /**
   * Imports a CA to a mount that has none, which makes it the default one.
   * @returns false where it was there already, or another one is the default
   */
  async #importNew(ca: ExportedCa, fingerprint: string): Promise<boolean> {
    const { issuer, isNew } = await this.#import(ca);
    if (issuer === undefined) throw this.#withoutKey();
    if (!isNew) return false;
    const signing = await this.caCertificate();
    return signing !== undefined && new X509Certificate(signing).fingerprint256 === fingerprint;
  }

  #withoutKey(): NecoError {
    return this.#client.fault(
      `it imported the CA of ${this.mount} but not its key`,
      `see "vault list ${this.mount}/issuers"; the key must be the certificate's own`,
    );
  }

  /**
   * Imports a CA; does nothing where it is there.
   * @returns its issuer, undefined when Vault did not import the key with it; and whether it was not there before
   */
  async #import(ca: ExportedCa): Promise<{ issuer: string | undefined; isNew: boolean }> {
    const schema = z.object({
      data: z.object({
        mapping: z.record(z.string(), z.string()).nullish(),
        imported_issuers: z.array(z.string()).nullish(),
      }),
    });
    const body = { pem_bundle: new Secret(`${ca.certificate.trim()}\n${ca.privateKey.reveal().trim()}\n`) };
    const what = `import the CA of ${this.mount}`;
    const { data } = await this.#client.write(this.#at('issuers/import/bundle'), body, schema, what);
    return {
      issuer: Object.entries(data.mapping ?? {}).find(([, key]) => key !== '')?.[0],
      isNew: (data.imported_issuers ?? []).length > 0,
    };
  }

  /** The issuer with this certificate whose key Vault holds as well. */
  async #issuerOf(fingerprint: string): Promise<string | undefined> {
    const schema = z.object({ data: z.object({ certificate: z.string(), key_id: z.string() }) });
    for (const id of await this.#client.list(this.#at('issuers'), `list the issuers of ${this.mount}`)) {
      const what = `read the issuer ${id} of ${this.mount}`;
      const issuer = await this.#client.read(this.#at(`issuer/${id}`), schema, what);
      if (issuer === undefined || issuer.data.key_id === '') continue;
      if (new X509Certificate(issuer.data.certificate).fingerprint256 === fingerprint) return id;
    }
    return undefined;
  }

  async #crl(): Promise<Buffer | undefined> {
    const what = `read the revocation list of ${this.mount}`;
    const found = await this.#client.read(this.#at('crl'), bytes, what);
    return found === undefined || found.length === 0 ? undefined : found;
  }

  /** Undefined of an issuer without a key here, which can revoke nothing. */
  async #issuerList(id: string): Promise<Buffer | undefined> {
    const path = this.#at(`issuer/${id}/crl/der`);
    const found = await this.#client.read(path, bytes, `read the revocation list of the issuer ${id}`);
    if (found === undefined || found.length === 0) return undefined;
    parseCrl(found);
    return found;
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/pki#rotate-crls */
  async #rotateCrl(): Promise<void> {
    const schema = z.object({ data: z.object({ success: z.literal(true) }) });
    await this.#client.read(this.#at('crl/rotate'), schema, `make the revocation list of ${this.mount}`);
  }

  /** Vault makes a new list when this is set back to each revocation, with all that was revoked meanwhile. */
  async #makeListAt(when: 'the end' | 'each revocation'): Promise<void> {
    await this.#client.change(
      this.#at('config/crl'),
      { auto_rebuild: when === 'the end' },
      `have the revocation list of ${this.mount} made at ${when}`,
    );
  }
}
