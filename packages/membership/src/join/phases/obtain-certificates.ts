import { NecoError, type Phase } from '@neco/core';
import {
  type CertificateKindName,
  certificateKinds,
  enforceInVault,
  ensureRequestLimits,
  ensureServerAccess,
  ensureSigningRoles,
  forEachAuthority,
  leafLifeHours,
  lifeInVault,
  lifeOfCertificate,
  newLife,
  readPair,
  renewCertificates,
  type SignedSet,
  Signer,
} from '@neco/cluster-access';
import { publicKeyFingerprint, splitCertificates, type Vault } from '@neco/vault-pki';
import { authorityOf, administrationOf, type JoinContext, type JoinView } from '../join-context.ts';

/** Seed steps 2 and 3: certificates for etcd, Vault and neco, with keys that are made here and stay here. */
export const obtainCertificates: Phase<JoinView, JoinContext> = {
  id: 'obtain-certificates',
  title: 'Obtain the certificates',
  isDone: async ({ world }) => (await world.hasCertificates()) && (await world.hasVaultAccess()),
  plan: ({ name }) => [
    `make the signing roles, the policy and the log-in of ${name} in Vault`,
    'limit log-ins by password, generate-root and rekey, where they are not limited yet',
    'create keys for etcd, Vault and neco, and have Vault sign their certificates',
  ],
  async run(context) {
    const { lrn, address } = context;
    const { vault } = administrationOf(context);
    context.ca = await vault.run('the CAs', async (one) => {
      const { server } = await new Signer(one, new Map()).authorities();
      return bundle(server, authorityOf(context));
    });
    const kept = await keptLife(context);
    // The keys are made meanwhile.
    const rights = grantRights(context, kept ?? newLife());
    rights.catch(() => undefined);
    if (kept === undefined) {
      await renewCertificates(context, async (requests) => {
        await rights;
        const own = new Map([[lrn, address]]);
        return vault.run('the certificates', (one) => signAll(new Signer(one, own), context, requests));
      });
    }
    await rights;
  },
};

/**
 * The life of this server whose certificates stay: those of an interrupted run of this join. A leave that took its learner out
 * since has revoked them, and those of an earlier life log in to nothing.
 */
async function keptLife({ host, lrn, world, administration }: JoinContext): Promise<string | undefined> {
  if (!(await world.hasCertificates())) return undefined;
  const life = lifeOfCertificate((await readPair(host, certificateKinds.server)).certificate);
  const known = await administration?.vault.run('the rights in Vault', (one) => lifeInVault(one, lrn));
  return life === known ? life : undefined;
}

/** Brings a cluster up to date that an earlier neco set up; an administrator by a policy of their own may lack the right. */
async function limitRequests({ reporter }: JoinContext, vault: Vault): Promise<void> {
  try {
    await ensureRequestLimits(vault);
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
    reporter.warn(`not all limits of what anyone may ask of Vault are set: ${error.message}`);
  }
}

async function grantRights(context: JoinContext, life: string): Promise<void> {
  const { lrn, address } = context;
  const { vault, registry } = administrationOf(context);
  const applications = (await registry.applications.list()).map(({ name }) => name);
  const lives = new Map([[lrn, life]]);
  await vault.run('the rights in Vault', async (one) => {
    // Before the log-in is there: it refuses what an earlier life had, and what was revoked by hand.
    await enforceInVault(one);
    await Promise.all([
      limitRequests(context, one),
      forEachAuthority((name) => ensureSigningRoles(one, name, [lrn], lives)),
      ensureServerAccess(one, { lrn, address, serverCa: authorityOf(context), life, applications }),
    ]);
  });
}

async function signAll(
  signer: Signer,
  context: JoinContext,
  requests: Record<CertificateKindName, string>,
): Promise<SignedSet> {
  const [certificates, authorities, revocations] = await Promise.all([
    signer.certifyAll(context.lrn, requests, leafLifeHours),
    signer.authorities(),
    signer.revocations(),
  ]);
  return { certificates, authorities: { ...authorities, server: authorityOf(context) }, revocations };
}

/**
 * The CA that signs, and those that a person vouched for beside it: while the server CA is rotated, others still show certificates
 * of the old one.
 */
function bundle(signing: string, trusted: string): string {
  const others = splitCertificates(trusted).filter(
    (one) => publicKeyFingerprint(one) !== publicKeyFingerprint(signing),
  );
  return [signing, ...others].map((one) => `${one.trim()}\n`).join('');
}
