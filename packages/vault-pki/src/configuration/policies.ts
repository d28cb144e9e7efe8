import { NecoError } from '@neco/core';

/** One certificate that may be signed, with its exact names. */
export interface SignRule {
  /** `ca/server`, for example. */
  mount: string;
  role: string;
  commonName: string;
  /** The only value of `alt_names` that is allowed, exactly as sent; none by default. */
  altNames?: string;
  /** The only value of `ip_sans` that is allowed, exactly as sent: `10.0.0.3,127.0.0.1`; none by default. */
  ipSans?: string;
}

/**
 * A policy that allows these certificates to be signed and nothing else. A role cannot restrict which IP addresses a
 * certificate carries, so the policy names every parameter and its only value; other parameters and values are refused.
 * It contains no `*`: as a parameter that would allow all others, and in a value Vault would read it as a pattern.
 *
 * https://developer.hashicorp.com/vault/docs/concepts/policies#parameter-constraints
 *
 * @throws NecoError INTERNAL for a rule with a pattern character, which would widen it, and for a second rule of one role,
 * whose values Vault would mix with those of the first.
 */
export function signPolicy(rules: readonly SignRule[]): string {
  const paths = rules.map(({ mount, role }) => `${mount}/sign/${role}`);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new NecoError('INTERNAL', `two rules for ${twice} in one policy`);
  return rules.map(signStanza).join('\n');
}

/**
 * What a boot server may do: have these certificates signed, list which were (anybody may read a certificate), and look up and
 * revoke its own token. The latter would be in Vault's policy `default`, which its tokens do not have.
 *
 * @throws NecoError INTERNAL as `signPolicy`
 */
export function serverPolicy(rules: readonly SignRule[]): string {
  const own = stanzas([
    ['ca/+/certs', ['list']],
    ['auth/token/lookup-self', ['read']],
    ['auth/token/revoke-self', ['update']],
  ]);
  return [signPolicy(rules), own].join('\n');
}

/**
 * What an administrator may do: manage CAs and signing roles, certificate roles, policies, users and how often they log in, and the tokens of others by
 * accessor; make the active Vault step down or seal; rotate the barrier key. Whoever may write policies can gain any other
 * right: an administrator is trusted, and the audit devices, which this policy cannot change, record it.
 */
export function administratorPolicy(): string {
  const all = ['create', 'read', 'update', 'patch', 'delete', 'list', 'sudo'];
  return stanzas([
    ['ca/*', all],
    ['sys/mounts', ['read']],
    ['sys/mounts/ca/*', all],
    ['sys/auth', ['read']],
    ['sys/auth/userpass', all],
    ['sys/auth/userpass/tune', all],
    ['sys/quotas/rate-limit/*', all],
    ['sys/quotas/config', ['read', 'update']],
    ['sys/locked-users', ['read']],
    ['sys/locked-users/*', ['update']],
    ['sys/auth/cert', all],
    ['auth/userpass/*', all],
    ['auth/cert/*', all],
    ['sys/policies/acl', ['list']],
    ['sys/policies/acl/*', ['create', 'read', 'update', 'delete', 'list']],
    ['auth/token/lookup-accessor', ['update']],
    ['auth/token/revoke-accessor', ['update']],
    ['auth/token/accessors', ['list', 'sudo']],
    ['sys/audit', ['read', 'sudo']],
    ['sys/ha-status', ['read']],
    ['sys/step-down', ['update', 'sudo']],
    ['sys/seal', ['update', 'sudo']],
    ['sys/key-status', ['read']],
    ['sys/rotate', ['update', 'sudo']],
  ]);
}

/** What an operator may do: have the applications' certificates signed, and see what a viewer sees. */
export function operatorPolicy(applications: readonly SignRule[] = []): string {
  return [viewerPolicy(), signPolicy(applications)].filter((part) => part !== '').join('\n');
}

/** What a viewer may do: see health, audit devices and certificates. */
export function viewerPolicy(): string {
  return stanzas([
    ['sys/ha-status', ['read']],
    ['sys/audit', ['read', 'sudo']],
    ['ca/+/certs', ['list']],
    ['ca/+/certs/revoked', ['list']],
    ['ca/+/cert/*', ['read']],
    ['ca/+/issuers', ['list']],
    ['ca/+/issuer/*', ['read']],
    ['ca/+/roles', ['list']],
    ['ca/+/roles/*', ['read']],
  ]);
}

function signStanza({ mount, role, commonName, altNames, ipSans }: SignRule): string {
  const allowed = [
    'csr = []',
    `common_name = ["${pinned(commonName)}"]`,
    ...(altNames === undefined ? [] : [`alt_names = ["${pinned(altNames)}"]`]),
    ...(ipSans === undefined ? [] : [`ip_sans = ["${pinned(ipSans)}"]`]),
    'ttl = []',
  ];
  return `path "${pinned(mount)}/sign/${pinned(role)}" {
  capabilities = ["update"]
  required_parameters = ["csr", "common_name"]
  allowed_parameters = {
    ${allowed.join('\n    ')}
  }
}
`;
}

function stanzas(list: readonly (readonly [path: string, capabilities: readonly string[]])[]): string {
  return list
    .map(
      ([path, can]) => `path "${path}" {\n  capabilities = [${can.map((one) => `"${one}"`).join(', ')}]\n}\n`,
    )
    .join('\n');
}

function pinned(value: string): string {
  if (!/^[A-Za-z0-9._:,/-]+$/.test(value)) {
    throw new NecoError('INTERNAL', `${JSON.stringify(value)} cannot stand in a policy that pins it`);
  }
  return value;
}
