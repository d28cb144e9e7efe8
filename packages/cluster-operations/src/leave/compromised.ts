import { NecoError, type ErrorDetail, type Reporter } from '@neco/core';
import { publicKeyFingerprint } from '@neco/vault-pki';
import * as z from 'zod';
import { authorities, authorityNames } from '../access/authorities.ts';
import { forEachAuthority } from '../access/signer.ts';
import { paths } from '../paths.ts';
import type { LeaveMeans } from './leave-access.ts';

const perAuthority = z.object({ server: z.string(), peer: z.string(), client: z.string() });

const secretsSchema = z.object({
  at: z.iso.datetime(),
  /** The revision of etcd at which Vault last wrote which key unseals it. */
  unsealKey: z.string(),
  /** How often the barrier key was made anew. */
  barrierKey: z.int(),
  /** The fingerprints of the CAs' public keys. */
  authorities: perAuthority,
});

/** Which secrets of the cluster are in force; nothing secret is in it. */
type Secrets = z.infer<typeof secretsSchema>;

/** Vault writes it when it is initialized and when its unseal key is made anew. */
const unsealKeyWitness = '/vault/core/shamir-kek';

/** What every boot server knows and no revocation takes back, and what nobody but a person can look at. */
const never: ErrorDetail = {
  message: 'what applications keep in etcd, and the passwords of users of Vault (neco cannot see whether)',
  hint: 'change them',
};

/** The id of the operation that remembers how the secrets were when a compromised server had left. */
export const compromisedRecord = (lrn: number): string => `compromised/${String(lrn)}`;

/**
 * Calls the leave of a server in strange hands done only when all that it knew was made anew since.
 * @param anew whether it has left just now: what was noted of an earlier leave counts no more.
 * @throws NecoError VERIFICATION_FAILED with what is left to rotate; ETCD_*, VAULT_*
 */
export async function demandRotation(
  means: Pick<LeaveMeans, 'lrn' | 'name' | 'etcd' | 'registry' | 'session'>,
  { anew, reporter }: { anew: boolean; reporter: Reporter },
): Promise<void> {
  const { lrn, name, registry } = means;
  const id = compromisedRecord(lrn);
  const now = await secretsInForce(means);
  const noted = anew ? undefined : secretsSchema.safeParse(await registry.operation(id)).data;
  if (noted === undefined) await registry.putOperation(id, now);
  const known = unchanged(noted ?? now, now);
  if (known.length === 0) {
    reporter.warn(`one thing more is to be made anew: ${never.message}`);
    await registry.deleteOperation(id);
    return;
  }
  throw new NecoError(
    'VERIFICATION_FAILED',
    `${name} has left, but as it was in strange hands this is not done before what it knew is made anew`,
    {
      hint: `rotate each of them, look into the audit log of Vault for what it had signed, then run again: neco leave --compromised ${String(lrn)}`,
      details: [...known, never],
    },
  );
}

async function secretsInForce({ etcd, session }: Pick<LeaveMeans, 'etcd' | 'session'>): Promise<Secrets> {
  const written = await etcd.call('look when the unseal key of Vault was made', (client) =>
    client.get(unsealKeyWitness).exec(),
  );
  return await session.run('Vault to answer', async (vault) => ({
    at: new Date().toISOString(),
    unsealKey: written.kvs[0]?.mod_revision ?? '',
    barrierKey: await vault.barrierKeyTerm(),
    authorities: await forEachAuthority(async (name) =>
      publicKeyFingerprint((await vault.caCertificate(authorities[name].mount)) ?? ''),
    ),
  }));
}

function unchanged(before: Secrets, now: Secrets): ErrorDetail[] {
  const cas = authorityNames.filter((name) => before.authorities[name] === now.authorities[name]);
  return [
    ...(before.unsealKey === now.unsealKey
      ? [
          {
            message: 'the unseal key of Vault, which it read from etcd',
            hint: 'vault operator rekey; then put the new key at vault-unseal-key under the prefix of neco, or take the old one out',
          },
        ]
      : []),
    ...(before.barrierKey === now.barrierKey
      ? [
          {
            message: 'the barrier key of Vault, whose data it had in etcd',
            hint: 'as an administrator: vault operator rotate',
          },
        ]
      : []),
    ...cas.map((name) => ({
      message: `the CA ${authorities[name].mount}, whose key lies in that data`,
      hint: `as an administrator: vault write ${authorities[name].mount}/root/rotate/internal common_name="${authorities[name].commonName}"; add what it prints to ${paths.authorities[name]} on every boot server and restart etcd on one after the other; then make it the default issuer (${authorities[name].mount}/root/replace) and have all certificates signed anew`,
    })),
  ];
}
