import type { SecretsInForce } from '@neco/bootserver-registry';
import { NecoError, serverName, type ErrorDetail, type Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import {
  type Administration,
  authorities,
  authorityFingerprints,
  authorityLifeHours,
  type AuthorityName,
  authorityNames,
  paths,
  type VaultSession,
} from '@neco/cluster-access';
import { askTrust } from './ask-trust.ts';
import { readersOf, type KeptAuthorities } from './kept-authorities.ts';
import { noteSecrets, secretsInForce } from './secrets-in-force.ts';

/** What every boot server knows and no revocation takes back, and what nobody but a person can look at. */
const never: ErrorDetail = {
  message:
    'the secrets that applications keep in etcd, and the passwords of Vault users (neco cannot check these)',
  hint: 'change them',
};

/** Where the secrets must have been rotated, and who checks that. */
export interface RotationScope {
  /** The compromised server. */
  lrn: number;
  name: string;
  host: HostReader;
  /** LRN of the server on which the command runs. */
  here: number;
  /** LRNs of the servers that stay. */
  servers: readonly number[];
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * Calls the leave of a compromised server done only when all that it knew was rotated since, and nobody trusts the
 * old CAs.
 * @param missing what of the leave itself is left to do.
 * @throws NecoError VERIFICATION_FAILED with what is left to rotate; ETCD_*, VAULT_*
 */
export async function demandRotation(
  administration: Administration,
  scope: RotationScope,
  missing?: ErrorDetail,
): Promise<void> {
  const { registry } = administration;
  const { lrn, name } = scope;
  const noted = (await registry.compromised.at(lrn).get()) ?? (await noteSecrets(administration, lrn));
  if (noted.done === true) return;
  const now = await secretsInForce(administration);
  const known = [...unchanged(noted, now), ...(await stillTrusted(administration, scope, noted, now))];
  if (known.length === 0) {
    scope.reporter.warn(`also rotate: ${never.message}`);
    await registry.compromised.at(lrn).put({ ...noted, done: true });
    return;
  }
  throw new NecoError(
    'VERIFICATION_FAILED',
    `${name} has left, but because it was compromised, removal is complete only when every secret below has been rotated`,
    {
      hint: `rotate each of them, check the Vault audit log for certificates that it had signed, then run again: neco leave --compromised ${String(lrn)}`,
      details: [...(missing === undefined ? [] : [missing]), ...known, never],
    },
  );
}

function unchanged(before: SecretsInForce, now: SecretsInForce): ErrorDetail[] {
  return [
    ...(before.unsealKey === now.unsealKey
      ? [
          {
            message: 'the Vault unseal key, which it could read in etcd',
            hint: 'run "vault operator rekey", then replace vault-unseal-key under the prefix of neco with the new key, or delete it',
          },
        ]
      : []),
    ...(before.barrierKey === now.barrierKey
      ? [
          {
            message: 'the Vault barrier key, whose data it had in etcd',
            hint: 'run as a Vault administrator: vault operator rotate',
          },
        ]
      : []),
    ...authorityNames.filter((name) => before.authorities[name] === now.authorities[name]).map(oldIssuer),
  ];
}

function oldIssuer(name: AuthorityName): ErrorDetail {
  const { mount, commonName } = authorities[name];
  const path = paths.authorities[name];
  const service = readersOf[name];
  const logIns = name === 'server' ? `, write it to the Vault log-ins auth/cert/certs/boot-LRN` : '';
  return {
    message: `the CA ${mount}, whose key is in that data`,
    hint: [
      `run as a Vault administrator: vault write ${mount}/root/rotate/internal common_name="${commonName}" key_type=ec ttl=${String(authorityLifeHours)}h`,
      `append the printed certificate to ${path} on every boot server${logIns}, and restart ${service} on one server after another`,
      `make it the default issuer (${mount}/root/replace) and reissue all certificates of that CA`,
      `remove the old CA from that file on every boot server${name === 'server' ? ' and from the log-ins' : ''}, and restart ${service} on one server after another`,
    ].join('; '),
  };
}

/** Who takes certificates of a CA that signs no more: whoever has its key can sign them still. */
async function stillTrusted(
  { registry, vault }: Administration,
  { lrn, name, host, here, servers, reporter, signal }: RotationScope,
  { authorities: old }: SecretsInForce,
  now: SecretsInForce,
): Promise<ErrorDetail[]> {
  const replaced = authorityNames.filter((one) => old[one] !== now.authorities[one]);
  if (replaced.length === 0) return [];
  const answers = await askTrust(host, registry, { lrn, old, here, servers }, { reporter, signal });
  const silent = servers.filter((one) => !answers.has(one)).map(serverName);
  return [
    ...replaced.flatMap((one) => keptBy(one, answers)),
    ...(silent.length === 0
      ? []
      : [
          {
            message: `${silent.join(', ')} did not report which CAs it trusts; it may trust those that ${name} knew`,
            hint: `on ${silent.join(', ')}: systemctl start --no-block etcd vault neco-updater`,
          },
        ]),
    ...(replaced.includes('server') ? await oldLogIns(vault, old.server, servers) : []),
  ];
}

function keptBy(name: AuthorityName, answers: ReadonlyMap<number, KeptAuthorities>): ErrorDetail[] {
  const { mount } = authorities[name];
  const path = paths.authorities[name];
  const service = readersOf[name];
  const those = (how: KeptAuthorities[AuthorityName]): string =>
    [...answers].flatMap(([lrn, kept]) => (kept[name] === how ? [serverName(lrn)] : [])).join(', ');
  const [naming, loaded] = [those('named'), those('loaded')];
  return [
    ...(naming === ''
      ? []
      : [
          {
            message: `the old CA ${mount}, which is still in ${path} of ${naming}`,
            hint: `when all certificates are reissued, remove it from that file on ${naming}, and restart ${service} on one server after another`,
          },
        ]),
    ...(loaded === ''
      ? []
      : [
          {
            message: `the old CA ${mount}, which ${service} of ${loaded} may still trust, because it was started before ${path} changed`,
            hint: `on ${loaded}, on one server after another: systemctl restart --no-block ${service}`,
          },
        ]),
  ];
}

/** The log-ins of boot servers to Vault have a CA of their own. */
async function oldLogIns(
  session: VaultSession,
  old: string,
  servers: readonly number[],
): Promise<ErrorDetail[]> {
  const names = servers.map(serverName);
  const cas = await session.run('Vault to answer', (vault) =>
    Promise.all(names.map((name) => vault.auth.certRoleCa(name))),
  );
  return names
    .filter((_, index) => authorityFingerprints(cas[index] ?? '').includes(old))
    .map((name) => ({
      message: `the old CA ${authorities.server.mount}, which the Vault log-in of ${name} still accepts`,
      hint: `remove the old CA from ${paths.authorities.server}, then run as a Vault administrator: vault write auth/cert/certs/${name} certificate=@${paths.authorities.server}`,
    }));
}
