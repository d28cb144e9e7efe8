import { NecoError } from '@neco/core';

/** One certificate that may be signed, names and all. */
export interface SignRule {
  /** `ca/server`, for example. */
  mount: string;
  role: string;
  commonName: string;
  /** The value of `alt_names` that is let through, exactly as sent; without it none is. */
  altNames?: string;
  /** The value of `ip_sans` that is let through, exactly as sent: `10.0.0.3,127.0.0.1`; without it none is. */
  ipSans?: string;
}

/**
 * A policy that lets these certificates be signed and nothing else. A role cannot say which IP addresses a
 * certificate may carry, so the policy names every parameter and its only value; a parameter that is not named is
 * refused, and so is another value. Nothing is left open by `*`: neither as a parameter, through which the rest of
 * them would slip, nor in a value, where Vault would take it as a pattern.
 *
 * https://developer.hashicorp.com/vault/docs/concepts/policies#parameter-constraints
 *
 * @throws NecoError INTERNAL for a rule that a pattern character would widen, or a second one of a role, whose values Vault
 * would mix with those of the first.
 */
export function signPolicy(rules: readonly SignRule[]): string {
  const paths = rules.map(({ mount, role }) => `${mount}/sign/${role}`);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new NecoError('INTERNAL', `two rules for ${twice} in one policy`);
  return rules.map(signStanza).join('\n');
}

/**
 * What a boot server may do: have these certificates signed, and look at and give up its own token, which it could not
 * otherwise, since its tokens go without Vault's policy `default`.
 *
 * @throws NecoError INTERNAL as `signPolicy`
 */
export function serverPolicy(rules: readonly SignRule[]): string {
  const own = stanzas([
    ['auth/token/lookup-self', ['read']],
    ['auth/token/revoke-self', ['update']],
  ]);
  return [signPolicy(rules), own].join('\n');
}

/**
 * What an administrator may do: the CAs and their roles, the log-in by certificate, policies, users, tokens of others by
 * their accessor, handing over leadership or sealing, and a new barrier key. Who may write policies can give himself any other right; that is
 * an administrator's trust, and audit devices, which this policy cannot change, see it.
 */
export function administratorPolicy(): string {
  const all = ['create', 'read', 'update', 'patch', 'delete', 'list', 'sudo'];
  return stanzas([
    ['ca/*', all],
    ['sys/mounts', ['read']],
    ['sys/mounts/ca/*', all],
    ['sys/auth', ['read']],
    ['sys/auth/userpass', all],
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
