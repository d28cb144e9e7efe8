import { durationToSeconds } from '../edge/duration-to-seconds.ts';

/** What a signing role allows. */
export interface SigningRole {
  /** The only names that a certificate may carry, as common name and as alternative DNS names. */
  allowedDomains: readonly string[];
  /** Whether certificates are for servers, clients, or both. */
  server: boolean;
  client: boolean;
  /** The organizational units that every certificate carries, whatever is requested; none by default. */
  organizationalUnits?: readonly string[];
  /** Whether it may carry IP addresses at all. Only a policy can say which ones (`signPolicy`). */
  allowIpSans: boolean;
  /** Life of a certificate, and the longest that may be requested: `2160h`. */
  ttl: string;
}

/**
 * A signing role in Vault's own fields, with every field that affects the certificate, so that one altered by hand is
 * noticed and corrected. Decisions: names are compared whole (`allow_bare_domains`, no sub-domains, globs, wildcards or localhost
 * unless listed); nothing of the request is used but its public key; serial numbers are stored, because only stored ones can be revoked;
 * EC keys only, of 256 bits or more (Vault has no upper limit; `checkCertificate` has).
 *
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#create-update-role
 */
export function signingRoleFields(role: SigningRole): Record<string, string | number | boolean | string[]> {
  const ttl = durationToSeconds(role.ttl);
  return {
    allowed_domains: [...role.allowedDomains],
    ou: [...(role.organizationalUnits ?? [])],
    allow_bare_domains: true,
    allow_subdomains: false,
    allow_glob_domains: false,
    allow_wildcard_certificates: false,
    allow_any_name: false,
    allow_localhost: false,
    allow_token_displayname: false,
    allowed_domains_template: false,
    allow_ip_sans: role.allowIpSans,
    allowed_uri_sans: [],
    allowed_other_sans: [],
    allowed_serial_numbers: [],
    allowed_user_ids: [],
    enforce_hostnames: true,
    cn_validations: ['hostname'],
    require_cn: true,
    use_csr_common_name: false,
    use_csr_sans: false,
    serial_number_source: 'json',
    server_flag: role.server,
    client_flag: role.client,
    code_signing_flag: false,
    email_protection_flag: false,
    key_type: 'ec',
    key_bits: 256,
    key_usage: ['DigitalSignature'],
    ext_key_usage: [],
    ext_key_usage_oids: [],
    basic_constraints_valid_for_non_ca: false,
    issuer_ref: 'default',
    no_store: false,
    generate_lease: false,
    not_before_duration: 30,
    ttl,
    max_ttl: ttl,
  };
}
