import {
  authorities,
  enforceInVault,
  ensureServerAccess,
  ensureSigningRoles,
  newLife,
  Signer,
} from '@neco/cluster-access';
import { serverName, type Phase } from '@neco/core';
import { certificateFacts, type Vault } from '@neco/vault-pki';
import type { SignedInSetup } from '../../meeting/coordinator-state.ts';
import { isFinished } from '../../progress.ts';
import { coordinatorOf, type SetupContext, type SetupView } from '../../setup-context.ts';
import { rootVault } from '../../vault/root-vault.ts';

/**
 * A server that lost its disk and whose new key the admin accepted is another one: all that was signed for the one before is
 * revoked, and the log-in to Vault lets in the new one alone. Comes before certificates that stay are signed for it.
 */
export const revokeLostCertificates: Phase<SetupView, SetupContext> = {
  id: 'revoke-lost-certificates',
  title: 'Revoke the certificates of servers that lost their disk',
  concerns: ({ isCoordinator }) => isCoordinator,
  // Only the coordinator's state tells, as with the members.
  isDone: isFinished,
  plan: ({ options }) =>
    [...options.acceptKeys.keys()].map((lrn) => `revoke the certificates of an earlier ${serverName(lrn)}`),
  async run(context) {
    const { state, save } = coordinatorOf(context);
    const lost = state.lost();
    if (lost.length === 0) return;
    const vault = await rootVault(context);
    const lrns = [...new Set(lost.map(({ lrn }) => lrn))];
    for (const lrn of lrns) state.lives.set(lrn, newLife());
    await save();
    for (const lrn of lrns) await beginLife(context, vault, lrn);
    for (const one of lost) await revoke(vault, one);
    await enforceInVault(vault);
    state.signed = state.signed.filter((one) => !lost.includes(one));
    await save();
  },
};

async function beginLife(context: SetupContext, vault: Vault, lrn: number): Promise<void> {
  const { state } = coordinatorOf(context);
  const { server: serverCa } = await new Signer(vault, context.addresses).authorities();
  await ensureSigningRoles(vault, 'server', [lrn], state.lives);
  const address = context.addresses.get(lrn) ?? '';
  await ensureServerAccess(vault, { lrn, address, serverCa, life: state.lifeOf(lrn) });
  const policy = serverName(lrn);
  for (const { accessor, policies } of await vault.auth.tokens())
    if (policies.includes(policy)) await vault.auth.revokeAccessor(accessor);
}

/** By its text: what the temporary Vault signed, the real one does not keep. */
async function revoke(vault: Vault, { authority, certificate }: SignedInSetup): Promise<void> {
  const { serial } = certificateFacts(certificate);
  await vault.pki(authorities[authority].mount).revoke({ serial, certificate });
}
